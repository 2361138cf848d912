//! `/lab/traces?limit=`: the newest traces in a line each. `/lab/traces/{id}`: one of them. `/lab/logs?limit=`: logs.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use prost::Message as _;
use serde::{Deserialize, Serialize};
use trace::otlp::json;
use trace::{Summary, TraceId, Tree};

use super::problem;
use crate::ingest::Lab;

pub fn routes() -> Router<Arc<Lab>> {
    Router::new()
        .route("/lab/traces", get(list))
        .route("/lab/traces/{id}", get(one))
        .route("/lab/logs", get(logs))
}

/// How many are listed, the newest first.
#[derive(Deserialize)]
struct Limit {
    #[serde(default = "default_limit")]
    limit: usize,
}

fn default_limit() -> usize {
    20
}

const LARGEST_LIMIT: usize = 1000;

#[derive(Serialize)]
struct Traces {
    traces: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    summary: Summary,
    complete: bool,
    /// For how long no span has come.
    quiet_ms: u64,
}

async fn list(State(lab): State<Arc<Lab>>, Query(Limit { limit }): Query<Limit>) -> Response {
    let listing = tokio::task::spawn_blocking(move || {
        let ids = lab.store().newest(limit.min(LARGEST_LIMIT));
        // One at a time, so that neither the store nor the memory is held for all.
        let lines = ids.into_iter().filter_map(|id| line(&lab, id)).collect();
        Json(Traces { traces: lines }).into_response()
    });
    listing
        .await
        .unwrap_or_else(|_| problem(StatusCode::INTERNAL_SERVER_ERROR, "the traces could not be read"))
}

fn line(lab: &Lab, id: TraceId) -> Option<Line> {
    let raw = lab.store().trace(id)?;
    let spans = raw.spans();
    let summary = Summary::of(&Tree::of(&spans))?;
    let quiet = Instant::now().saturating_duration_since(raw.touched());
    Some(Line {
        complete: summary.is_complete() && quiet >= crate::store::QUIET,
        quiet_ms: u64::try_from(quiet.as_millis()).unwrap_or(u64::MAX),
        summary,
    })
}

async fn one(State(lab): State<Arc<Lab>>, Path(id): Path<String>) -> Response {
    let id: TraceId = match id.parse() {
        Ok(id) => id,
        Err(error) => return problem(StatusCode::BAD_REQUEST, &format!("a trace id: {error}")),
    };
    let Some(raw) = lab.store().trace(id) else {
        return match lab.store().was_evicted(id) {
            true => problem(
                StatusCode::GONE,
                "this trace was evicted to make room; raise --memory to keep more",
            ),
            false => problem(StatusCode::NOT_FOUND, "no span of this trace has come"),
        };
    };
    let written = tokio::task::spawn_blocking(move || {
        let mut text = Vec::new();
        json::write(&raw.resource_spans(), &mut text);
        ([(header::CONTENT_TYPE, "application/json")], text).into_response()
    });
    written
        .await
        .unwrap_or_else(|_| problem(StatusCode::INTERNAL_SERVER_ERROR, "the trace could not be read"))
}

async fn logs(State(lab): State<Arc<Lab>>, Query(Limit { limit }): Query<Limit>) -> Response {
    let latest = lab.others().latest_logs(limit.min(LARGEST_LIMIT));
    let decoded = latest
        .into_iter()
        .filter_map(|bytes| ExportLogsServiceRequest::decode(bytes).ok());
    let resource_logs: Vec<_> = decoded.flat_map(|request| request.resource_logs).collect();
    Json(ExportLogsServiceRequest { resource_logs }).into_response()
}
