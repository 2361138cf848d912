//! The lab's answers about what it holds: `/lab/…` in JSON, `/metrics` for Prometheus, and a page that says what is here.
//!
//! Each group of routes is a router of its own, merged here; other protocols' query routes go beside these.

mod health;
mod metrics;
mod spans;
mod traces;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use crate::ingest::Lab;

/// All routes of the page's port.
pub fn routes(lab: Arc<Lab>) -> Router {
    Router::new()
        .route("/", get(async || Html(include_str!("index.html"))))
        .merge(health::routes())
        .merge(spans::routes())
        .merge(traces::routes())
        .merge(metrics::routes())
        .with_state(lab)
}

/// An answer that something is wrong with the question: RFC 9457's form.
fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or("error");
    let body = serde_json::json!({ "title": title, "status": status.as_u16(), "detail": detail }).to_string();
    (status, [("content-type", "application/problem+json")], body).into_response()
}
