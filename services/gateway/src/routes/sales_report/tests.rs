//! One tells how long it waits, and the other does not, and leaves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use chassis::client::CallError;
use chassis::request::{Scope, TIMEOUT_HEADER};
use http::HeaderMap;
use testkit::{client, serve};
use tokio::sync::{Mutex, watch};

use super::{healthy, missing_timeout};

#[tokio::test]
async fn one_passes_its_deadline_on_and_the_other_keeps_it_to_itself() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let (answer, may_answer) = watch::channel(false);
    let told_there = told.clone();
    let report = async move |headers: HeaderMap| {
        told_there.lock().await.push(headers.contains_key(TIMEOUT_HEADER));
        let _ = may_answer.clone().wait_for(|answers| *answers).await;
        "{}"
    };
    let url = serve(Router::new().route("/reports/sales", get(report))).await;
    let client = client(&[("orders", url)]);
    let path = || "/reports/sales".to_owned();

    let patience = Duration::from_millis(50);
    let left = missing_timeout::report(&client, path(), patience).await;
    assert!(matches!(left, Err(CallError::Timeout { .. })), "{left:?}");
    let soon = Scope::empty().with_deadline(Instant::now() + patience);
    let late = soon.run(healthy::report(&client, path())).await;
    assert!(matches!(late, Err(CallError::Timeout { .. })), "{late:?}");
    assert_eq!(*told.lock().await, [false, true]);

    // Who has patience enough is answered.
    answer.send_replace(true);
    let patience = Duration::from_secs(30);
    assert!(missing_timeout::report(&client, path(), patience).await.is_ok());
}
