//! The provider as the shop sees it.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};
use testkit::{Reply, get, post};

fn provider() -> Router {
    payments::router(Arc::new(payments::State::new(42)))
}

async fn pay(provider: &Router, key: &str, amount_cents: u64) -> Reply {
    post(
        provider,
        "/payments",
        &[],
        &json!({ "key": key, "amount_cents": amount_cents }),
    )
    .await
}

#[tokio::test]
async fn a_key_is_charged_once() {
    let provider = provider();
    let (one, other) = tokio::join!(pay(&provider, "a", 500), pay(&provider, "a", 500));
    assert_eq!(
        one.body,
        json!({ "key": "a", "amount_cents": 500, "status": "paid" })
    );
    assert_eq!(one.body, other.body);
    assert_eq!(get(&provider, "/payments/a").await.body, one.body);
    assert_eq!(
        pay(&provider, "a", 501).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(get(&provider, "/payments/b").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_void_is_never_paid_and_what_is_paid_is_never_void() {
    let provider = provider();
    let void = async |key: &str| {
        post(&provider, &format!("/payments/{key}/void"), &[], &Value::Null)
            .await
            .body
    };
    assert_eq!(void("a").await["status"], "void");
    assert_eq!(pay(&provider, "a", 500).await.body["status"], "void");
    assert_eq!(pay(&provider, "b", 500).await.body["status"], "paid");
    assert_eq!(void("b").await["status"], "paid");
}

#[tokio::test]
async fn too_much_is_declined_and_nothing_is_no_payment() {
    let provider = provider();
    assert_eq!(pay(&provider, "a", 1_000_001).await.body["status"], "declined");
    assert_eq!(
        pay(&provider, "b", 0).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        pay(&provider, "", 5).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}
