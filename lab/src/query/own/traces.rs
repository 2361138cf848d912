//! `/lab/traces?limit=`: the newest traces in a line each. `/lab/traces/{id}`: one of them as OTLP's JSON.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use trace::otlp::json::Style;
use trace::{Summary, Tree};

use super::super::parameters::{Parameters, trace_id};
use super::super::work::Queries;
use super::super::written::json::OtlpJson;
use super::super::{json, lost, problem, written};
use crate::store::TraceSpans;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new()
        .route("/lab/traces", get(list))
        .route("/lab/traces/{id}", get(one))
}

/// How many are listed, the newest first.
const LIMIT: usize = 20;
const LARGEST_LIMIT: usize = 1000;

#[derive(Serialize)]
struct Traces {
    traces: Vec<Line>,
    /// What is missing, if an eviction made this incomplete.
    incomplete: Option<String>,
}

#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    summary: Summary,
    complete: bool,
    /// For how long no span has come.
    quiet_ms: u64,
}

async fn list(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    let limit = match parameters.limit("limit", LIMIT, LARGEST_LIMIT) {
        Ok(limit) => limit as u64,
        Err(wrong) => return problem(StatusCode::BAD_REQUEST, &wrong.to_string()),
    };
    let answer = queries
        .ask(move |lab, watch| {
            let end = lab.store().numbers().end;
            let mut traces = Vec::new();
            // One at a time, so that neither the store nor the memory is held for all.
            for number in (end.saturating_sub(limit)..end).rev() {
                watch.check()?;
                let trace = lab.store().some(number..number + 1).next().cloned();
                traces.extend(trace.and_then(|trace| line(&trace)));
            }
            let incomplete = lost::notice(lab, 0);
            Ok(Traces { traces, incomplete })
        })
        .await;
    match answer {
        Ok(answer) => lost::with(answer.incomplete.clone(), Json(answer).into_response()),
        Err(unanswered) => unanswered.into_response(),
    }
}

fn line(trace: &TraceSpans) -> Option<Line> {
    let spans = trace.spans();
    let summary = Summary::of(&Tree::of(&spans))?;
    let now = Instant::now();
    let quiet = now.saturating_duration_since(trace.touched());
    Some(Line {
        complete: summary.is_complete() && trace.is_quiet(now),
        quiet_ms: u64::try_from(quiet.as_millis()).unwrap_or(u64::MAX),
        summary,
    })
}

async fn one(State(queries): State<Arc<Queries>>, Path(id): Path<String>) -> Response {
    let id = match trace_id(&id) {
        Ok(id) => id,
        Err(wrong) => return problem(StatusCode::BAD_REQUEST, &wrong.to_string()),
    };
    let lab = &queries.lab;
    let found = lab.store().trace(id);
    let Some(trace) = found else {
        return if lab.store().was_evicted(id) {
            problem(
                StatusCode::GONE,
                "this trace was evicted to make room; raise --memory to keep more",
            )
        } else {
            problem(StatusCode::NOT_FOUND, "no span of this trace has come")
        };
    };
    let before = "{\"resourceSpans\":[".to_owned();
    let pieces = OtlpJson::of(
        Arc::clone(lab),
        trace,
        Style::Specification,
        before,
        "]}".to_owned(),
    );
    json(written::body(pieces).await)
}
