//! One asks all three at once, the other waits for each before it asks the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use chassis::request::Faults;
use chassis::strike::Laps;
use http::HeaderMap;
use serde_json::{Value, json};
use testkit::{client, serve};
use tokio::sync::Barrier;

use super::{Sources, healthy, sequential_fan_out};

/// All three services in one, which answers nobody before `meeting` callers are there, and knows how many there were at most.
async fn services(meeting: usize) -> (String, Arc<AtomicUsize>) {
    let barrier = Arc::new(Barrier::new(meeting));
    let (here, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let route = |body: Value| {
        let (barrier, here, most) = (barrier.clone(), here.clone(), most.clone());
        get(move || async move {
            most.fetch_max(1 + here.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
            barrier.wait().await;
            here.fetch_sub(1, Ordering::SeqCst);
            axum::Json(body)
        })
    };
    let router = Router::new()
        .route("/products", route(json!({ "products": [] })))
        .route("/stock", route(json!({ "stock": [] })))
        .route("/session", route(json!({ "id": 1, "email": "e", "name": "n" })));
    (serve(router).await, most)
}

#[tokio::test]
async fn only_one_of_them_has_all_three_calls_under_way_at_once() {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", "Bearer somebody".parse().unwrap());
    let faults = Faults::current();
    for (meeting, at_once) in [(3, true), (1, false)] {
        let (url, most) = services(meeting).await;
        let client = client(&["users", "catalog", "orders"].map(|name| (name, url.clone())));
        let sources = Sources {
            client: &client,
            faults: &faults,
            headers: &headers,
            laps: Laps::default(),
        };
        let parts = if at_once {
            healthy::fetch(&sources).await
        } else {
            sequential_fan_out::fetch(&sources).await
        };
        assert_eq!(parts.unwrap().2.unwrap().id, 1);
        assert_eq!(most.load(Ordering::SeqCst), meeting);
        assert!(sources.laps.lost_ms() > 0.0);
    }
}
