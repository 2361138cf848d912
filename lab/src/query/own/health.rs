//! Whether the lab lives and is ready; it is from the moment that it listens.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::super::work::Queries;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(async || "ok\n"))
}
