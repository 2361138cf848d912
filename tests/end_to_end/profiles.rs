//! A profile shows where processor time goes, by the functions' names; what waits is not in it.

use crate::support::{Place, Run};

fn profile(run: &Run, service: &str) -> profile::Decoded {
    let path = run.folder.join(format!("profile-{service}.pb.gz"));
    let bytes =
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}\n{}", path.display(), run.errors()));
    profile::decode(&bytes).expect("a profile")
}

#[test]
fn a_quadratic_algorithm_is_in_the_profile_by_name() {
    let place = Place::new();
    let run = place.run(
        "
shop: { users: 100, products: 2_000, orders: 2_500 }
load:
  - { journey: report, rate: 2/s, spacing: even, for: 4s }
faults:
  - { fault: quadratic-algorithm, at: orders.sales-report }
",
        &["--profile"],
    );
    assert_eq!(run.code(), Some(0), "{}", run.errors());
    let orders = profile(&run, "orders");
    let (faulty, all) = (orders.samples_with("quadratic_algorithm"), orders.samples());
    assert!(faulty * 2 > all, "{faulty} of {all} samples");
    for service in ["gateway", "users", "catalog", "fulfilment", "payments"] {
        assert_eq!(
            profile(&run, service).samples_with("quadratic_algorithm"),
            0,
            "{service}"
        );
    }
}

#[test]
fn a_lock_that_is_waited_for_is_not() {
    let place = Place::new();
    let run = place.run(
        "
shop: { users: 100, products: 1, orders: 500 }
load:
  - { journey: checkout, rate: 20/s, spacing: even, for: 4s }
faults:
  - { fault: lock-contention, at: orders.reserve-stock }
",
        &["--profile"],
    );
    assert_eq!(run.code(), Some(0), "{}", run.errors());
    run.assert_accounted();
    // Each of eighty checkouts waits for those before it: seconds in all, and next to nothing of it is processor time.
    let waited_ms = run.journey("checkout", "all")["latency_from_schedule_ms"]["mean"]
        .as_f64()
        .expect("a mean")
        * 80.0;
    let used_ms = profile(&run, "orders").samples_with("lock_contention") as f64 * 10.0;
    assert!(
        used_ms < waited_ms / 4.0,
        "{used_ms} ms of processor time, {waited_ms} ms of latency"
    );
}
