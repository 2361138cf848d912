//! What the payment provider offers, one file per use case.

mod find_payment;
mod pay;
mod void_payment;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::State;

/// The largest body that is read, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// All routes.
pub fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(|| async { "ok" }))
        .route("/payments", post(pay::pay))
        .route("/payments/{key}", get(find_payment::find_payment))
        .route("/payments/{key}/void", post(void_payment::void_payment))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(state)
}
