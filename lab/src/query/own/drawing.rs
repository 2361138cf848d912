//! What the page draws: `/lab/traces/{id}/drawing`, and one span of it as it was received under `/lab/traces/{id}/spans/{span}`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use trace::drawing::Drawing;
use trace::otlp::{encode, json};
use trace::{Span, SpanId, Tree};

use super::super::parameters::trace_id;
use super::super::problem;
use super::super::work::Queries;
use crate::ingest::Lab;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new()
        .route("/lab/traces/{id}/drawing", get(drawing))
        .route("/lab/traces/{id}/spans/{span}", get(span))
}

/// Why there is no answer, and how HTTP says it.
pub type Refusal = (StatusCode, String);

async fn drawing(State(queries): State<Arc<Queries>>, Path(id): Path<String>) -> Response {
    answer(&queries, move |lab| {
        let spans = spans(lab, &id)?;
        let drawing = Drawing::of(&Tree::of(&spans)).ok_or_else(unknown)?;
        Ok(Json(drawing).into_response())
    })
    .await
}

async fn span(State(queries): State<Arc<Queries>>, Path((id, span)): Path<(String, String)>) -> Response {
    answer(&queries, move |lab| {
        let wanted = span_id(&span)?;
        let spans = spans(lab, &id)?;
        let mut text = Vec::new();
        let found = spans.iter().filter(|span| span.span_id == wanted);
        json::write(&encode::resource_spans(found), &mut text);
        Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
    })
    .await
}

async fn answer(
    queries: &Queries,
    work: impl FnOnce(&Lab) -> Result<Response, Refusal> + Send + 'static,
) -> Response {
    let done = queries.ask(move |lab, _| Ok(work(lab))).await;
    match done {
        Ok(Ok(response)) => response,
        Ok(Err((status, detail))) => problem(status, &detail),
        Err(unanswered) => unanswered.into_response(),
    }
}

pub fn spans(lab: &Lab, id: &str) -> Result<Vec<Span>, Refusal> {
    let id = trace_id(id).map_err(|wrong| (StatusCode::BAD_REQUEST, wrong.to_string()))?;
    let found = lab.store().trace(id);
    match found {
        Some(trace) => Ok(trace.spans()),
        None if lab.store().was_evicted(id) => {
            let detail = "this trace was evicted to make room; raise --memory to keep more";
            Err((StatusCode::GONE, detail.to_owned()))
        }
        None => Err(unknown()),
    }
}

pub fn span_id(text: &str) -> Result<SpanId, Refusal> {
    text.parse()
        .map_err(|error| (StatusCode::BAD_REQUEST, format!("a span id: {error}")))
}

pub fn unknown() -> Refusal {
    (StatusCode::NOT_FOUND, "no span of this trace has come".to_owned())
}
