//! All ways are told the same: by as few calls as there can be, by a call each, and by so many calls at once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use chassis::client::{Answer, Client};
use chassis::request::Faults;
use seed::shop::{Scale, product};
use serde_json::Value;
use testkit::{client, serve, sqlite};

use super::{NAMES, STOCK, healthy, n_plus_one_rpc, names, wide_fan_out};

const SCALE: Scale = Scale {
    users: 1,
    products: 240,
    orders: 0,
};

/// A client of the router as that service, and how often the router was asked.
async fn counted(service: &str, router: Router) -> (Client, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let router = router.layer(from_fn(move |request: Request, next: Next| {
        counter.fetch_add(1, Ordering::Relaxed);
        next.run(request)
    }));
    (client(&[(service, serve(router).await)]), asked)
}

/// The rows of answers, whatever is in them and whichever answer they are in.
fn rows(answers: &[Answer]) -> BTreeSet<String> {
    let answers = answers
        .iter()
        .map(|answer| answer.json::<Value>().expect("an answer"));
    let lists = answers.flat_map(|answer| {
        answer
            .as_object()
            .expect("an object")
            .values()
            .cloned()
            .collect::<Vec<_>>()
    });
    lists
        .flat_map(|list| list.as_array().expect("a list").clone())
        .map(|row| row.to_string())
        .collect()
}

#[tokio::test]
async fn one_asks_once_one_once_each_and_one_as_often_as_it_is_told() {
    let orders = sqlite(&orders::seed::DATASET, SCALE).await;
    let catalog = sqlite(&catalog::seed::DATASET, SCALE).await;
    let of_orders = orders::router(orders::State::new(orders.database.clone(), client(&[])));
    let of_catalog = catalog::router(catalog::State::new(catalog.database.clone(), client(&[])));
    for (endpoint, router) in [(STOCK, of_orders), (NAMES, of_catalog)] {
        let (client, asked) = counted(endpoint.service, router).await;
        // One of these there is not.
        let ids: Vec<i64> = (1..=20).chain([999]).collect();
        let answers = rows(&healthy::ask(&client, endpoint, &ids).await.unwrap());
        assert_eq!((asked.swap(0, Ordering::Relaxed), answers.len()), (1, 20));
        let again = n_plus_one_rpc::ask(&client, endpoint, &ids).await.unwrap();
        assert_eq!(
            (asked.swap(0, Ordering::Relaxed), rows(&again)),
            (21, answers.clone())
        );
        for (width, calls) in [(1, 1), (2, 2), (5, 5), (20, 11), (21, 21), (100, 21)] {
            let (again, asked_for) = wide_fan_out::ask(&client, endpoint, &ids, width).await;
            assert_eq!(
                (rows(&again.unwrap()), asked_for),
                (answers.clone(), calls),
                "{width}"
            );
            assert_eq!(asked.swap(0, Ordering::Relaxed), calls);
        }
        // More than the endpoint takes at once.
        let many: Vec<i64> = (1..=230).collect();
        let answers = rows(&healthy::ask(&client, endpoint, &many).await.unwrap());
        assert_eq!((asked.swap(0, Ordering::Relaxed), answers.len()), (3, 230));
        let (again, calls) = wide_fan_out::ask(&client, endpoint, &many, 1).await;
        assert_eq!((rows(&again.unwrap()), calls), (answers, 3));
        asked.store(0, Ordering::Relaxed);
        let (nothing, calls) = wide_fan_out::ask(&client, endpoint, &[], 20).await;
        assert_eq!((nothing.unwrap().len(), calls), (0, 0));
        assert!(healthy::ask(&client, endpoint, &[]).await.unwrap().is_empty());
        assert_eq!(
            asked.load(Ordering::Relaxed),
            0,
            "nothing is wanted, nobody is asked"
        );
    }
}

#[tokio::test]
async fn names_are_told_by_product() {
    let catalog = sqlite(&catalog::seed::DATASET, SCALE).await;
    let router = catalog::router(catalog::State::new(catalog.database.clone(), client(&[])));
    let (client, _) = counted("catalog", router).await;
    let names = names(&client, &Faults::current(), "gateway.list-orders", &[7, 999, 3])
        .await
        .unwrap();
    assert_eq!(names.len(), 2);
    assert_eq!(names[&7], product(42, 7).name);
    assert_eq!(names[&3], product(42, 3).name);
}
