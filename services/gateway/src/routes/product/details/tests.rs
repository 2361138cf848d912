//! One asks once, the other as often as it is told to, and at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use chassis::request::resent;
use http::HeaderMap;
use testkit::{client, serve};

use super::{healthy, retry_storm};

/// A catalog that fails the first so many times, and checks that it is told how often it was asked.
async fn failing(times: u64, status: StatusCode) -> (String, Arc<AtomicU64>) {
    let asked = Arc::new(AtomicU64::new(0));
    let counter = asked.clone();
    let answer = async move |headers: HeaderMap| {
        let before = counter.fetch_add(1, Ordering::Relaxed);
        assert_eq!(resent(&headers), before);
        if before < times {
            status.into_response()
        } else {
            axum::Json(7).into_response()
        }
    };
    (
        serve(Router::new().route("/products/{id}", get(answer))).await,
        asked,
    )
}

#[tokio::test]
async fn one_asks_once_and_the_other_until_it_is_answered_or_has_had_enough() {
    let broken = StatusCode::INTERNAL_SERVER_ERROR;
    for (times, status, attempts, asked_at_last, is_answered) in [
        (0, broken, 8, 1, true),
        (3, broken, 8, 4, true),
        (30, broken, 8, 8, false),
        (30, StatusCode::NOT_FOUND, 8, 1, false),
    ] {
        let (url, asked) = failing(times, status).await;
        let client = client(&[("catalog", url)]);
        let answer = retry_storm::details(&client, 1, attempts).await;
        assert_eq!(answer.is_ok(), is_answered, "{answer:?}");
        assert_eq!(asked.load(Ordering::Relaxed), asked_at_last);
    }
    let (url, asked) = failing(3, broken).await;
    assert!(healthy::details(&client(&[("catalog", url)]), 1).await.is_err());
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}
