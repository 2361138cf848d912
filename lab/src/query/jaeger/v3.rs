//! The third version of Jaeger's API: OTLP's JSON under `result`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use trace::otlp::json::Style;

use super::super::parameters::{Parameters, Wrong, go_duration, rfc3339, trace_id};
use super::super::work::{Queries, Unanswered};
use super::super::written::json::OtlpJson;
use super::super::{find, lost, written};
use super::search::{MOST_TRACES, Search, TRACES};

pub fn routes() -> Router<Arc<Queries>> {
    Router::new()
        .route("/api/v3/services", get(services))
        .route("/api/v3/operations", get(operations))
        .route("/api/v3/traces", get(search))
        .route("/api/v3/traces/{id}", get(one))
}

const BEFORE: &str = "{\"result\":{\"resourceSpans\":[";
const AFTER: &str = "]}}";

async fn services(State(queries): State<Arc<Queries>>) -> Response {
    let lab = &queries.lab;
    lost::note(
        lab,
        0,
        Json(json!({ "services": find::services(lab) })).into_response(),
    )
}

async fn operations(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    let service = parameters.get("service").unwrap_or_default().to_owned();
    let kind = parameters
        .any(&["spanKind", "span_kind"])
        .map(|(_, kind)| kind.to_owned());
    let found = queries
        .ask(move |lab, watch| find::operations(lab, watch, |name| name == service))
        .await;
    match found {
        Ok(found) => {
            let told = found
                .into_iter()
                .map(|(name, number)| (name, super::kind_name(number)))
                .filter(|(_, name)| kind.as_ref().is_none_or(|kind| kind == name))
                .map(|(name, kind)| match kind.as_str() {
                    "" => json!({ "name": name }),
                    kind => json!({ "name": name, "spanKind": kind }),
                });
            let told: Vec<_> = told.collect();
            lost::note(
                &queries.lab,
                0,
                Json(json!({ "operations": told })).into_response(),
            )
        }
        Err(error) => unanswered(error),
    }
}

/// The conditions, under their names and under those that Jaeger has kept from before.
fn asked(parameters: &Parameters) -> Result<Search, String> {
    let get = |name: &str, old: &str| {
        let name = format!("query.{name}");
        let old = format!("query.{old}");
        let value = parameters.get(&name).or_else(|| parameters.get(&old))?;
        Some((name, value.to_owned()))
    };
    let time = |name: &str, old: &str| match get(name, old) {
        Some((name, text)) => {
            rfc3339(&text).ok_or_else(|| malformed(&Wrong::new(&name, &text, "is not a time by RFC 3339")))
        }
        None => Err("query.startTimeMin and query.startTimeMax are required".to_owned()),
    };
    let duration = |name: &str, old: &str| {
        get(name, old)
            .map(|(name, text)| go_duration(&name, &text).map_err(|wrong| malformed(&wrong)))
            .transpose()
    };
    let (start_min_unix_ns, start_max_unix_ns) = (
        time("startTimeMin", "start_time_min")?,
        time("startTimeMax", "start_time_max")?,
    );
    if start_min_unix_ns >= start_max_unix_ns {
        return Err("query.startTimeMin must be before query.startTimeMax".to_owned());
    }
    let tags = match parameters.get("query.attributes") {
        Some(text) => serde_json::from_str::<std::collections::BTreeMap<String, String>>(text)
            .map_err(|error| format!("malformed parameter query.attributes: {error}"))?
            .into_iter()
            .collect(),
        None => Vec::new(),
    };
    let limit = match get("searchDepth", "search_depth").or_else(|| get("numTraces", "num_traces")) {
        Some((name, text)) => text
            .parse()
            .ok()
            .filter(|limit| (1..=MOST_TRACES).contains(limit))
            .ok_or_else(|| {
                malformed(&Wrong::new(
                    &name,
                    &text,
                    format!("is not a number from 1 to {MOST_TRACES}"),
                ))
            })?,
        None => TRACES,
    };
    Ok(Search {
        service: get("serviceName", "service_name").map(|(_, name)| name),
        operation: get("operationName", "operation_name").map(|(_, name)| name),
        tags,
        start_min_unix_ns,
        start_max_unix_ns,
        duration_min_ns: duration("durationMin", "duration_min")?,
        duration_max_ns: duration("durationMax", "duration_max")?,
        limit,
    })
}

fn malformed(wrong: &Wrong) -> String {
    format!("malformed {wrong}")
}

async fn search(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    let search = match asked(&parameters) {
        Ok(search) => search,
        Err(message) => return error(StatusCode::BAD_REQUEST, &message),
    };
    let from = search.start_min_unix_ns;
    let ids = match queries.ask(move |lab, watch| search.run(lab, watch)).await {
        Ok(ids) => ids,
        Err(error) => return unanswered(error),
    };
    let lab = &queries.lab;
    if ids.is_empty() {
        return lost::note(lab, from, error(StatusCode::NOT_FOUND, "No traces found"));
    }
    let pieces = OtlpJson::new(
        Arc::clone(lab),
        ids,
        Style::Specification,
        BEFORE.to_owned(),
        AFTER.to_owned(),
    )
    .with_every_status();
    lost::note(lab, from, super::super::json(written::body(pieces).await))
}

async fn one(State(queries): State<Arc<Queries>>, Path(id): Path<String>) -> Response {
    let id = match trace_id(&id) {
        Ok(id) => id,
        Err(wrong) => return error(StatusCode::BAD_REQUEST, &malformed(&wrong)),
    };
    let lab = &queries.lab;
    let found = lab.store().trace(id);
    let Some(trace) = found else {
        let message = match lab.store().was_evicted(id) {
            true => "trace not found: it was evicted to make room",
            false => "trace not found",
        };
        return lost::note(lab, 0, error(StatusCode::NOT_FOUND, message));
    };
    let pieces = OtlpJson::of(
        Arc::clone(lab),
        trace,
        Style::Specification,
        BEFORE.to_owned(),
        AFTER.to_owned(),
    )
    .with_every_status();
    super::super::json(written::body(pieces).await)
}

fn error(status: StatusCode, message: &str) -> Response {
    let body = json!({ "error": { "httpCode": status.as_u16(), "message": message } });
    let content_type = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (status, content_type, format!("{body}\n")).into_response()
}

fn unanswered(reason: Unanswered) -> Response {
    error(reason.status(), &reason.to_string())
}
