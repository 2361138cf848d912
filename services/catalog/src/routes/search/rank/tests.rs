//! Both count the same, and the work of one of them grows with the square of what was found.

use std::time::Duration;

use seed::shop::product;

use super::super::{Candidate, ListedProduct};
use super::{healthy, most, quadratic_algorithm};

fn candidates(count: u32) -> Vec<Candidate> {
    let candidate = |number| {
        let product = product(42, number);
        let listed = ListedProduct {
            id: i64::from(number),
            name: product.name,
            price_cents: i64::from(product.price_cents),
        };
        Candidate::new(listed, &product.description)
    };
    (1..=count).map(candidate).collect()
}

#[test]
fn both_count_the_same() {
    for count in [0, 1, 2, 150] {
        let candidates = candidates(count);
        let commons = healthy::in_common(&candidates);
        assert_eq!(commons, quadratic_algorithm::in_common(&candidates));
        assert_eq!(commons.len(), count as usize);
    }
}

#[test]
fn what_has_most_in_common_comes_first_and_then_the_lower_number() {
    let ranked = most(candidates(4), &[1, 5, 5, 9]);
    let ids: Vec<i64> = ranked.iter().map(|candidate| candidate.product.id).collect();
    assert_eq!(ids, [4, 2, 3, 1]);
    let many = candidates(100);
    assert_eq!(most(many, &[1; 100]).len(), super::MAX_FOUND);
}

#[test]
fn eight_times_the_products_take_one_of_them_far_more_than_eight_times_as_long() {
    let time = |count, in_common: fn(&[Candidate]) -> Vec<usize>| {
        let candidates = candidates(count);
        let once = || {
            let began = thread_time();
            assert_eq!(in_common(&candidates).len(), count as usize);
            thread_time() - began
        };
        (0..3).map(|_| once()).min().unwrap().as_secs_f64()
    };
    let slow = time(800, quadratic_algorithm::in_common) / time(100, quadratic_algorithm::in_common);
    assert!(slow > 20.0, "{slow} times as long");
    assert!(time(800, quadratic_algorithm::in_common) > 5.0 * time(800, healthy::in_common));
}

/// The processor time of this thread: others may run beside it.
fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}
