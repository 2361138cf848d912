//! The worker and its functions, beside an orders service whose outbox is a list.
#![expect(clippy::unwrap_used, reason = "a panic is how a test reports")]

use std::sync::{Arc, Mutex};

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::routing::post as route_post;
use axum::{Json, Router};
use chassis::shutdown::Shutdown;
use chassis::windows::Windows;
use fulfilment::{State, worker};
use seed::shop::Scale;
use serde_json::{Value, json};
use testkit::{client, databases, number, post, serve};

const SCALE: Scale = Scale {
    users: 1,
    products: 1,
    orders: 0,
};

/// Hands out the same message until it is done for the second time: as if the first report had been lost.
#[derive(Default)]
struct Outbox {
    done: Mutex<u32>,
}

async fn claim(Shared(outbox): Shared<Arc<Outbox>>) -> Json<Value> {
    let message = json!({ "order_id": 7, "enqueued_at_us": 1_700_000_000_000_000_u64,
        "trace_context": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "baggage": "load.sequence=3" });
    let left = *outbox.done.lock().unwrap() < 2;
    Json(json!({ "messages": if left { vec![message] } else { vec![] } }))
}

async fn done(Shared(outbox): Shared<Arc<Outbox>>, Path(order): Path<i64>) -> StatusCode {
    assert_eq!(order, 7);
    *outbox.done.lock().unwrap() += 1;
    StatusCode::NO_CONTENT
}

/// A service that calls itself: its address is known before it serves.
async fn state(database: chassis::database::Database, orders: String) -> (State, Router) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = format!("http://{}", listener.local_addr().unwrap());
    let state = State::new(database, client(&[("orders", orders), ("fulfilment", own)]));
    let router = fulfilment::router(state.clone());
    let served = router.clone();
    tokio::spawn(async move { axum::serve(listener, served).await.unwrap() });
    (state, router)
}

#[tokio::test]
async fn a_message_that_comes_twice_has_its_effect_once() {
    for test in databases(&fulfilment::seed::DATASET, "fulfilment_twice", SCALE).await {
        let outbox = Arc::new(Outbox::default());
        let routes = Router::new()
            .route("/outbox/claim", route_post(claim))
            .route("/outbox/{id}/done", route_post(done))
            .with_state(outbox.clone());
        let (state, _) = state(test.database.clone(), serve(routes).await).await;
        let times =
            "SELECT reserved_at_ms + packed_at_ms + notified_at_ms FROM shipments WHERE stage = 'notified'";

        let first = worker::claim(&state, 8).await.unwrap().remove(0);
        worker::fulfil(state.clone(), first).await;
        let before = number(&test.database, times).await;

        let shutdown = Shutdown::default();
        let until_empty = async {
            while *outbox.done.lock().unwrap() < 2 {
                tokio::task::yield_now().await;
            }
            shutdown.request();
        };
        tokio::join!(
            worker::run(state, Windows::default(), shutdown.clone()),
            until_empty
        );
        assert_eq!(number(&test.database, times).await, before);
        assert_eq!(number(&test.database, "SELECT COUNT(*) FROM shipments").await, 1);
    }
}

#[tokio::test]
async fn functions_run_in_turn() {
    for test in databases(&fulfilment::seed::DATASET, "fulfilment_turn", SCALE).await {
        let (_, router) = state(test.database.clone(), "http://127.0.0.1:9".to_owned()).await;
        let event = json!({ "order_id": 9 });
        for function in ["pack", "notify"] {
            let reply = post(&router, &format!("/functions/{function}"), &[], &event).await;
            assert_eq!(reply.status, StatusCode::CONFLICT);
        }
        let reply = post(&router, "/functions/reserve", &[], &event).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT);
    }
}
