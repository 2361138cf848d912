//! Who pays with the lock in hand keeps others from it, and who pays again and again is charged once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use chassis::client::CallError;
use chassis::request::TIMEOUT_HEADER;
use futures_util::future::poll_immediate;
use serde_json::json;
use testkit::{client, serve};
use tokio::sync::Notify;

use super::{Provider, Request, healthy, missing_timeout, mutex_across_io, retry_storm};

fn request() -> Request {
    Request {
        key: "3.a".to_owned(),
        amount_cents: 500,
    }
}

#[tokio::test]
async fn only_one_of_them_has_the_lock_while_the_provider_thinks() {
    let (asked, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (asked_there, answer_there) = (asked.clone(), answer.clone());
    let pay = async move || {
        asked_there.notify_one();
        answer_there.notified().await;
        axum::Json(json!({ "status": "paid" }))
    };
    let url = serve(Router::new().route("/payments", post(pay))).await;
    let provider = Provider::new(client(&[("payments", url)]));
    let request = request();
    for holds in [false, true] {
        let guard = provider.lock().await;
        let charge = async {
            if holds {
                mutex_across_io::charge(guard, &request).await
            } else {
                healthy::charge(guard, &request).await
            }
        };
        let look = async {
            asked.notified().await;
            let is_free = provider.client.try_lock().is_ok();
            answer.notify_one();
            is_free
        };
        let (charged, is_free) = tokio::join!(charge, look);
        assert!(charged.is_ok());
        assert_eq!(is_free, !holds);
    }
}

#[tokio::test]
async fn who_waits_is_a_victim_only_of_somebody_who_held_the_lock_across_the_call() {
    let provider = Provider::new(client(&[]));
    for is_across in [false, true, false] {
        let guard = provider.lock().await;
        let held = is_across.then(|| provider.hold_across());
        let mut waiter = std::pin::pin!(provider.lock_watched());
        assert!(poll_immediate(waiter.as_mut()).await.is_none());
        drop(guard);
        let (_, _, was_held) = waiter.await;
        assert_eq!(was_held, is_across);
        drop(held);
    }
    // One that came, called and went while another waited.
    let guard = provider.lock().await;
    let mut waiter = std::pin::pin!(provider.lock_watched());
    assert!(poll_immediate(waiter.as_mut()).await.is_none());
    drop(provider.hold_across());
    drop(guard);
    assert!(waiter.await.2);
}

#[tokio::test]
async fn the_call_is_made_again_until_it_succeeds_or_enough_is_enough() {
    for (failures, expected) in [(0, (true, 1)), (4, (true, 5)), (50, (false, 8))] {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        let pay = async move || {
            if counter.fetch_add(1, Ordering::Relaxed) < failures {
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            } else {
                axum::Json(json!({ "status": "paid" })).into_response()
            }
        };
        let url = serve(Router::new().route("/payments", post(pay))).await;
        let provider = Provider::new(client(&[("payments", url)]));
        let (answer, times) = retry_storm::charge(provider.lock().await, &request(), 8).await;
        assert_eq!((answer.is_ok(), times), expected);
        assert_eq!(asked.load(Ordering::Relaxed), times);
    }
}

#[tokio::test]
async fn the_provider_charges_for_a_caller_who_has_left_without_telling() {
    let (told, answer, charged) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(Notify::new()),
        Arc::new(Notify::new()),
    );
    let (told_there, answer_there, charged_there) = (told.clone(), answer.clone(), charged.clone());
    let pay = async move |headers: HeaderMap| {
        let is_told = headers.contains_key(TIMEOUT_HEADER);
        told_there.fetch_add(usize::from(is_told), Ordering::Relaxed);
        answer_there.notified().await;
        charged_there.notify_one();
        axum::Json(json!({ "status": "paid" }))
    };
    let url = serve(Router::new().route("/payments", post(pay))).await;
    let provider = Provider::new(client(&[("payments", url)]));
    let (over, is_over) = tokio::sync::oneshot::channel::<()>();
    let patience = Duration::from_millis(50);
    let left = missing_timeout::charge(provider.lock().await, request(), patience, over).await;
    assert!(matches!(left, Err(CallError::Timeout { .. })), "{left:?}");
    assert_eq!(
        told.load(Ordering::Relaxed),
        0,
        "it was not told how long anybody waits"
    );
    answer.notify_one();
    charged.notified().await;
    assert!(is_over.await.is_err(), "the call has come to its end");

    // The healthy one tells it, and who has patience enough is answered.
    answer.notify_one();
    let request = request();
    assert!(healthy::charge(provider.lock().await, &request).await.is_ok());
    assert_eq!(told.load(Ordering::Relaxed), 1);
    answer.notify_one();
    let patience = Duration::from_secs(30);
    assert!(
        missing_timeout::charge(provider.lock().await, request, patience, ())
            .await
            .is_ok()
    );
}
