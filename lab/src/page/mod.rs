//! The page's port: a page that says what is here, and all [`query`](crate::query) routes.

use std::sync::Arc;

use axum::Router;
use axum::response::Html;
use axum::routing::get;

use crate::ingest::Lab;
use crate::query;

/// All routes of the page's port.
pub fn routes(lab: Arc<Lab>) -> Router {
    Router::new()
        .route("/", get(async || Html(include_str!("index.html"))))
        .merge(query::routes(lab))
}
