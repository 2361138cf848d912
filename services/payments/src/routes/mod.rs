//! What the payment provider offers, one file per use case.

mod find_payment;
mod pace;
mod pay;
mod void_payment;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post, put};

use crate::State;

/// All routes.
pub fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/payments", post(pay::pay))
        .route("/payments/{key}", get(find_payment::find_payment))
        .route("/payments/{key}/void", post(void_payment::void_payment))
        .route("/control/pace", put(pace::pace))
        .with_state(state)
}
