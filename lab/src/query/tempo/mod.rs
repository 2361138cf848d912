//! Tempo's routes, as Grafana's data source for Tempo asks them. Parameters, defaults and shapes are Tempo's; what is
//! sampled or limited to recent data there is exact here.
//!
//! | route | file |
//! |---|---|
//! | `/api/echo`, `/api/status/buildinfo` | here |
//! | `/api/traces/{id}`, `/api/v2/traces/{id}` | [`traces`] |
//! | `/api/search` | [`search`] |
//! | `/api/search/tags`, `/api/search/tag/{tag}/values` and their second versions | [`tags`] |
//! | `/api/metrics/query_range`, `/api/metrics/query` | [`metrics`] |

mod answers;
mod metrics;
pub mod prefilter;
mod search;
mod tags;
mod traces;
mod unfinished;

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::work::{Queries, Unanswered};
pub use search::parse;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new()
        .route("/api/echo", get(async || "echo\n"))
        .route("/api/status/buildinfo", get(build))
        .merge(traces::routes())
        .merge(search::routes())
        .merge(tags::routes())
        .merge(metrics::routes())
}

/// What Grafana asks to know what it may ask. The version is that of the Tempo whose answers these are like.
async fn build() -> Response {
    Json(json!({
        "version": "3.0.0",
        "revision": concat!("faultmart-", env!("CARGO_PKG_VERSION")),
        "branch": "",
        "buildDate": "",
        "buildUser": "",
        "goVersion": "",
    }))
    .into_response()
}

/// Whether the asker prefers protobuf.
fn wants_protobuf(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter();
    accepts
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains(PROTOBUF))
}

const PROTOBUF: &str = "application/protobuf";

/// What Tempo says about a question that is wrong: plain text.
fn wrong(error: &impl std::fmt::Display) -> Response {
    plain(StatusCode::BAD_REQUEST, error.to_string())
}

fn plain(status: StatusCode, text: String) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        text,
    )
        .into_response()
}

fn unanswered(reason: Unanswered) -> Response {
    plain(reason.status(), reason.to_string())
}
