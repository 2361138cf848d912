//! All ways are told the same: by one call, by a call a product, and by so many calls at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use seed::shop::Scale;
use testkit::{client, serve, sqlite};

use super::{healthy, n_plus_one_rpc, wide_fan_out};

const SCALE: Scale = Scale {
    users: 1,
    products: 40,
    orders: 0,
};

#[tokio::test]
async fn one_asks_once_one_once_a_product_and_one_as_often_as_it_is_told() {
    let orders = sqlite(&orders::seed::DATASET, SCALE).await;
    let state = orders::State::new(orders.database.clone(), client(&[]));
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let router = orders::router(state).layer(from_fn(move |request: Request, next: Next| {
        counter.fetch_add(1, Ordering::Relaxed);
        next.run(request)
    }));
    let client = client(&[("orders", serve(router).await)]);
    // One of these there is not.
    let products: Vec<i64> = (1..=20).chain([999]).collect();
    let available = healthy::availability(&client, &products).await.unwrap();
    assert_eq!((asked.swap(0, Ordering::Relaxed), available.len()), (1, 20));
    let again = n_plus_one_rpc::availability(&client, &products).await.unwrap();
    assert_eq!((asked.swap(0, Ordering::Relaxed), &again), (21, &available));
    for (width, calls) in [(1, 1), (2, 2), (5, 5), (20, 11), (21, 21), (100, 21)] {
        let (again, asked_for) = wide_fan_out::availability(&client, &products, width).await;
        assert_eq!((again.unwrap(), asked_for), (available.clone(), calls), "{width}");
        assert_eq!(asked.swap(0, Ordering::Relaxed), calls);
    }
    let (nothing, calls) = wide_fan_out::availability(&client, &[], 20).await;
    assert_eq!((nothing.unwrap().len(), calls), (0, 0));
    assert!(healthy::availability(&client, &[]).await.unwrap().is_empty());
    assert_eq!(
        asked.load(Ordering::Relaxed),
        0,
        "nothing is wanted, nobody is asked"
    );
}
