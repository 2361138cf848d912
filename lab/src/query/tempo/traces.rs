//! `/api/traces/{id}` and `/api/v2/traces/{id}`: a trace, in JSON as Tempo writes it (ids in base64, names for
//! enumerations) or in protobuf by `Accept`.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use trace::TraceId;
use trace::otlp::json::Style;

use super::super::parameters::{Parameters, Wrong, time, trace_id};
use super::super::work::Queries;
use super::super::written::json::OtlpJson;
use super::super::written::protobuf::{Protobuf, open_field};
use super::super::{json, lost, written};
use super::{PROTOBUF, plain, wants_protobuf, wrong};
use crate::ingest::Lab;
use crate::store::TraceSpans;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new()
        .route("/api/traces/{id}", get(first))
        .route("/api/v2/traces/{id}", get(second))
}

/// The trace that is asked for. `start` and `end` are seconds; a trace wholly outside of them is not found.
fn asked(lab: &Lab, id: &str, parameters: &Parameters) -> Result<(TraceId, Option<Arc<TraceSpans>>), Wrong> {
    let id = trace_id(id)?;
    let bound = |name| parameters.get(name).map(|text| time(name, text)).transpose();
    let (start, end) = (bound("start")?.unwrap_or(0), bound("end")?.unwrap_or(u64::MAX));
    let found = lab.store().trace(id);
    let inside = |trace: &Arc<TraceSpans>| trace.start_unix_ns() <= end && trace.end_unix_ns() >= start;
    Ok((id, found.filter(inside)))
}

async fn first(
    State(queries): State<Arc<Queries>>,
    Path(id): Path<String>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Response {
    let lab = &queries.lab;
    let (id, found) = match asked(lab, &id, &parameters) {
        Ok(asked) => asked,
        Err(error) => return wrong(&error),
    };
    let Some(trace) = found else {
        let text = match lab.store().was_evicted(id) {
            true => EVICTED,
            false => "trace not found",
        };
        return lost::note(lab, 0, plain(StatusCode::NOT_FOUND, text.to_owned()));
    };
    if wants_protobuf(&headers) {
        return protobuf(written::body(Protobuf::new(trace)).await);
    }
    let (before, after) = ("{\"batches\":[".to_owned(), "]}".to_owned());
    let pieces = OtlpJson::of(Arc::clone(lab), trace, Style::Protobuf, before, after);
    json(written::body(pieces).await)
}

async fn second(
    State(queries): State<Arc<Queries>>,
    Path(id): Path<String>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Response {
    let lab = &queries.lab;
    let (id, found) = match asked(lab, &id, &parameters) {
        Ok(asked) => asked,
        Err(error) => return wrong(&error),
    };
    let missing = match &found {
        Some(trace) => missing(trace),
        None => lab.store().was_evicted(id).then(|| EVICTED.to_owned()),
    };
    if wants_protobuf(&headers) {
        let mut rest = Vec::new();
        // Empty metrics, then the status and why.
        open_field(2, 0, &mut rest);
        if let Some(message) = &missing {
            rest.extend_from_slice(&[3 << 3, PARTIAL]);
            open_field(4, message.len(), &mut rest);
            rest.extend_from_slice(message.as_bytes());
        }
        return protobuf(match found {
            Some(trace) => written::body(Protobuf::wrapped(trace, rest)).await,
            None => {
                let mut empty = Vec::new();
                open_field(1, 0, &mut empty);
                empty.append(&mut rest);
                return lost::note(lab, 0, protobuf(Body::from(empty)));
            }
        });
    }
    // What is complete has no status, since that is the default.
    let status = missing.map_or(String::new(), |message| {
        let message = serde_json::Value::from(message);
        format!(",\"status\":\"PARTIAL\",\"message\":{message}")
    });
    let Some(trace) = found else {
        let nothing = format!("{{\"trace\":{{}},\"metrics\":{{}}{status}}}");
        return lost::note(lab, 0, json(nothing));
    };
    let (before, after) = (
        "{\"trace\":{\"resourceSpans\":[".to_owned(),
        format!("]}},\"metrics\":{{}}{status}}}"),
    );
    let pieces = OtlpJson::of(Arc::clone(lab), trace, Style::Protobuf, before, after);
    json(written::body(pieces).await)
}

/// The number of `PARTIAL` in Tempo's enumeration.
const PARTIAL: u8 = 1;
const EVICTED: &str = "the trace was evicted to make room; raise --memory to keep more";

fn protobuf(body: Body) -> Response {
    ([(header::CONTENT_TYPE, PROTOBUF)], body).into_response()
}

/// Why a trace is not complete.
fn missing(trace: &TraceSpans) -> Option<String> {
    let quiet = trace.is_quiet(Instant::now());
    if trace.is_whole() && quiet {
        return None;
    }
    let mut reasons = Vec::new();
    if !trace.has_root() {
        reasons.push("the root span has not come".to_owned());
    }
    match trace.orphans() {
        0 => {}
        orphans => reasons.push(format!("{orphans} spans name a parent that has not come")),
    }
    if !quiet {
        reasons.push("spans were still coming a moment ago".to_owned());
    }
    Some(reasons.join("; "))
}
