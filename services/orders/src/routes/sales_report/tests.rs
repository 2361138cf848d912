//! Both count the same pairs, and the work of one of them grows with the square of the orders.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use chassis::request::{Deadline, Scope};
use seed::shop::{Scale, order};
use testkit::{client, databases, get, with_baggage};

use super::{Basket, healthy, quadratic_algorithm};
use crate::State;

const SCALE: Scale = Scale {
    users: 7,
    products: 30,
    orders: 300,
};

type Count = fn(&[Basket], Deadline) -> Option<Vec<((i64, i64), u32)>>;

fn baskets(scale: Scale) -> Vec<Basket> {
    let basket = |number| {
        let items = order(42, number, scale).items;
        let mut products: Vec<i64> = items.iter().map(|item| i64::from(item.product)).collect();
        products.sort_unstable();
        products
    };
    (1..=scale.orders).map(basket).collect()
}

#[test]
fn both_count_the_same_pairs() {
    let baskets = baskets(SCALE);
    let sorted = |pairs: Option<Vec<_>>| pairs.unwrap().into_iter().collect::<BTreeMap<_, _>>();
    let quick = sorted(healthy::count(&baskets, Deadline::current()));
    assert_eq!(
        quick,
        sorted(quadratic_algorithm::count(&baskets, Deadline::current()))
    );
    let pairs: usize = baskets
        .iter()
        .map(|basket| basket.len() * (basket.len() - 1) / 2)
        .sum();
    assert_eq!(quick.values().sum::<u32>() as usize, pairs);
}

#[test]
fn eight_times_the_orders_take_one_of_them_far_more_than_eight_times_as_long() {
    // The processor time of this thread: others may run beside it.
    let time = |orders, count: Count| {
        let baskets = baskets(Scale {
            products: 5_000,
            orders,
            ..SCALE
        });
        let once = || {
            let began = thread_time();
            assert!(count(&baskets, Deadline::current()).is_some());
            thread_time() - began
        };
        (0..3).map(|_| once()).min().unwrap().as_secs_f64()
    };
    let slow = time(1_600, quadratic_algorithm::count) / time(200, quadratic_algorithm::count);
    assert!(slow > 20.0, "{slow} times as long");
    assert!(time(1_600, quadratic_algorithm::count) > 5.0 * time(1_600, healthy::count));
}

fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

#[test]
fn both_give_up_when_nobody_waits_any_more() {
    let past = Scope::empty().with_deadline(Instant::now()).deadline();
    assert_eq!(healthy::count(&baskets(SCALE), past), None);
    assert_eq!(quadratic_algorithm::count(&baskets(SCALE), past), None);
}

#[tokio::test]
async fn the_report_is_about_the_latest_orders_and_the_same_either_way() {
    for test in databases(&crate::seed::DATASET, "sales_report", SCALE).await {
        let router = crate::router(State::new(test.database.clone(), client(&[])));
        let reply = get(&router, "/reports/sales?orders=40").await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let latest = (SCALE.orders - 39..=SCALE.orders).map(|number| order(42, number, SCALE));
        let revenue: u64 = latest
            .flat_map(|order| order.items)
            .map(|item| u64::from(item.quantity) * u64::from(item.price_cents))
            .sum();
        assert_eq!(reply.body["orders"], 40);
        assert_eq!(reply.body["revenue_cents"], revenue);
        assert_eq!(reply.body["bought_together"].as_array().unwrap().len(), 10);
        let quadratic = "fault.quadratic-algorithm=orders.sales-report";
        for path in [
            "/reports/sales?orders=40",
            "/reports/sales",
            "/reports/sales?orders=10000",
        ] {
            let quick = get(&router, path).await;
            assert_eq!(quick, with_baggage(quadratic, get(&router, path)).await);
        }
        for wrong in [
            "/reports/sales?orders=0",
            "/reports/sales?orders=10001",
            "/reports/sales?orders=x",
        ] {
            assert_eq!(
                get(&router, wrong).await.status,
                StatusCode::BAD_REQUEST,
                "{wrong}"
            );
        }
    }
}
