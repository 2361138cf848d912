//! `/lab/traces?limit=&q=&start=&end=&min_duration=&max_duration=`: the newest traces that are like that, in a line each. `/lab/traces/{id}`: one of them as OTLP's JSON.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use trace::Summary;
use trace::otlp::json::Style;

use super::super::parameters::{Parameters, trace_id};
use super::super::work::{Queries, newest_first_while};
use super::super::written::json::OtlpJson;
use super::super::{json, lost, problem, written};
use super::asked::{Asked, Found};
use crate::store::TraceSpans;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new()
        .route("/lab/traces", get(list))
        .route("/lab/traces/{id}", get(one))
}

/// How many are listed, the newest first.
const LIMIT: usize = 20;
const LARGEST_LIMIT: usize = 10_000;

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
    /// How many of its spans the query found, if there was one.
    matched: Option<usize>,
}

async fn list(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    let limit = parameters.limit("limit", LIMIT, LARGEST_LIMIT);
    let asked = limit
        .map_err(|wrong| wrong.to_string())
        .and_then(|limit| Ok((limit, Asked::of(&parameters, "")?)));
    let (limit, mut asked) = match asked {
        Ok(asked) => asked,
        Err(wrong) => return problem(StatusCode::BAD_REQUEST, &wrong),
    };
    let answer = queries
        .ask(move |lab, watch| {
            let mut traces = Vec::new();
            newest_first_while(lab, watch, |trace| {
                traces.extend(asked.find(trace, watch).map(|found| line(trace, found)));
                Ok(traces.len() < limit)
            })?;
            let incomplete = lost::notice(lab, 0);
            Ok(Traces { traces, incomplete })
        })
        .await;
    match answer {
        Ok(answer) => lost::with(answer.incomplete.clone(), Json(answer).into_response()),
        Err(unanswered) => unanswered.into_response(),
    }
}

fn line(trace: &TraceSpans, Found { summary, matched, .. }: Found) -> Line {
    let now = Instant::now();
    let quiet = now.saturating_duration_since(trace.touched());
    Line {
        complete: summary.is_complete() && trace.is_quiet(now),
        quiet_ms: u64::try_from(quiet.as_millis()).unwrap_or(u64::MAX),
        matched,
        summary,
    }
}

async fn one(State(queries): State<Arc<Queries>>, Path(id): Path<String>) -> Response {
    let id = match trace_id(&id) {
        Ok(id) => id,
        Err(wrong) => return problem(StatusCode::BAD_REQUEST, &wrong.to_string()),
    };
    let lab = &queries.lab;
    let found = lab.store().trace(id);
    let Some(trace) = found else {
        let nothing = if lab.store().was_evicted(id) {
            problem(
                StatusCode::GONE,
                "this trace was evicted to make room; raise --memory to keep more",
            )
        } else {
            problem(StatusCode::NOT_FOUND, "no span of this trace has come")
        };
        return lost::note(lab, 0, nothing);
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
