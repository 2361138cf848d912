//! Of the first version of Jaeger's API what its page calls: services, operations, traces, dependencies.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::json;
use trace::TraceId;

use super::super::parameters::{Parameters, Wrong, go_duration, now_unix_ns, trace_id};
use super::super::work::{Queries, Unanswered};
use super::super::{find, lost, peers, written};
use super::search::{MOST_TRACES, Search, TRACES};
use super::written_v1::JaegerJson;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new()
        .route("/api/services", get(services))
        .route("/api/services/{service}/operations", get(operations_of))
        .route("/api/operations", get(operations))
        .route("/api/traces", get(search))
        .route("/api/traces/{id}", get(one))
        .route("/api/dependencies", get(dependencies))
}

/// How far back traces are looked for if it is not said.
const LOOKBACK_NS: u64 = 2 * 24 * 3600 * 1_000_000_000;
/// The same for dependencies, in milliseconds.
const DEPENDENCIES_LOOKBACK_MS: u64 = 24 * 3600 * 1000;

/// What all answers look like.
fn answer(data: impl Serialize, total: usize) -> Response {
    Json(json!({ "data": data, "total": total, "limit": 0, "offset": 0, "errors": null })).into_response()
}

fn error(status: StatusCode, message: &str) -> Response {
    let errors = [json!({ "code": status.as_u16(), "msg": message })];
    let body = json!({ "data": null, "total": 0, "limit": 0, "offset": 0, "errors": errors });
    let content_type = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (status, content_type, format!("{body}\n")).into_response()
}

fn unanswered(reason: Unanswered) -> Response {
    error(reason.status(), &reason.to_string())
}

fn wrong(wrong: &Wrong) -> Response {
    error(StatusCode::BAD_REQUEST, &format!("unable to parse {wrong}"))
}

async fn services(State(queries): State<Arc<Queries>>) -> Response {
    let services = find::services(&queries.lab);
    let total = services.len();
    lost::note(&queries.lab, 0, answer(services, total))
}

async fn operations_of(State(queries): State<Arc<Queries>>, Path(service): Path<String>) -> Response {
    match queries
        .ask(move |lab, watch| find::operations(lab, watch, |name| name == service))
        .await
    {
        Ok(found) => {
            // The same name under several kinds is told once.
            let mut names: Vec<String> = found.into_iter().map(|(name, _)| name).collect();
            names.dedup();
            let total = names.len();
            // Jaeger says `null` where there are none.
            let names = Some(names).filter(|names| !names.is_empty());
            lost::note(&queries.lab, 0, answer(names, total))
        }
        Err(reason) => unanswered(reason),
    }
}

async fn operations(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    let Some(service) = parameters.get("service").map(str::to_owned) else {
        return error(StatusCode::BAD_REQUEST, "parameter 'service' is required");
    };
    let kind = parameters.get("spanKind").map(str::to_owned);
    match queries
        .ask(move |lab, watch| find::operations(lab, watch, |name| name == service))
        .await
    {
        Ok(found) => {
            let told = found
                .into_iter()
                .map(|(name, number)| (name, super::kind_name(number)))
                .filter(|(_, name)| kind.as_ref().is_none_or(|kind| kind == name))
                .map(|(name, kind)| json!({ "name": name, "spanKind": kind }));
            let told: Vec<_> = told.collect();
            let total = told.len();
            lost::note(&queries.lab, 0, answer(told, total))
        }
        Err(reason) => unanswered(reason),
    }
}

fn asked(parameters: &Parameters) -> Result<Search, Wrong> {
    let micros = |name: &str| Ok(parameters.number(name)?.map(|micros| micros.saturating_mul(1000)));
    let end = micros("end")?.unwrap_or_else(now_unix_ns);
    let start = match micros("start")? {
        Some(start) => start,
        None => {
            let lookback = match parameters.get("lookback").filter(|text| *text != "custom") {
                Some(text) => go_duration("lookback", text)?,
                None => LOOKBACK_NS,
            };
            end.saturating_sub(lookback)
        }
    };
    let duration = |name| {
        parameters
            .get(name)
            .map(|text| go_duration(name, text))
            .transpose()
    };
    let (duration_min_ns, duration_max_ns) = (duration("minDuration")?, duration("maxDuration")?);
    if let (Some(min), Some(max)) = (duration_min_ns, duration_max_ns)
        && min > max
    {
        let text = parameters.get("maxDuration").unwrap_or_default();
        return Err(Wrong::new("maxDuration", text, "is below minDuration"));
    }
    let mut tags = Vec::new();
    for text in parameters.all("tags") {
        let read: std::collections::BTreeMap<String, String> = serde_json::from_str(text)
            .map_err(|_| Wrong::new("tags", text, "is not a JSON object of texts"))?;
        tags.extend(read);
    }
    for text in parameters.all("tag") {
        let (key, value) = text
            .split_once(':')
            .ok_or_else(|| Wrong::new("tag", text, "is not written `key:value`"))?;
        tags.push((key.to_owned(), value.to_owned()));
    }
    Ok(Search {
        service: parameters.get("service").map(str::to_owned),
        operation: parameters.get("operation").map(str::to_owned),
        tags,
        start_min_unix_ns: start,
        start_max_unix_ns: end,
        duration_min_ns,
        duration_max_ns,
        limit: parameters.limit("limit", TRACES, MOST_TRACES)?,
    })
}

async fn search(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    let named: Result<Vec<TraceId>, Wrong> = parameters.all("traceID").map(trace_id).collect();
    let named = match named {
        Ok(named) => named,
        Err(error) => return wrong(&error),
    };
    if !named.is_empty() {
        let pieces = JaegerJson::named(Arc::clone(&queries.lab), named);
        return traces(&queries, pieces, 0).await;
    }
    let search = match asked(&parameters) {
        Ok(search) if search.service.is_none() => {
            return error(StatusCode::BAD_REQUEST, "parameter 'service' is required");
        }
        Ok(search) => search,
        Err(error) => return wrong(&error),
    };
    let from = search.start_min_unix_ns;
    match queries.ask(move |lab, watch| search.run(lab, watch)).await {
        Ok(ids) => traces(&queries, JaegerJson::new(Arc::clone(&queries.lab), ids), from).await,
        Err(reason) => unanswered(reason),
    }
}

async fn traces(queries: &Queries, pieces: JaegerJson, from_unix_ns: u64) -> Response {
    let body = written::body(pieces).await;
    lost::note(&queries.lab, from_unix_ns, super::super::json(body))
}

async fn one(State(queries): State<Arc<Queries>>, Path(id): Path<String>) -> Response {
    let id = match trace_id(&id) {
        Ok(id) => id,
        Err(error) => return wrong(&error),
    };
    if queries.lab.store().trace(id).is_some() {
        let pieces = JaegerJson::new(Arc::clone(&queries.lab), vec![id]);
        return traces(&queries, pieces, u64::MAX).await;
    }
    let message = match queries.lab.store().was_evicted(id) {
        true => "trace not found: it was evicted to make room",
        false => "trace not found",
    };
    lost::note(&queries.lab, 0, error(StatusCode::NOT_FOUND, message))
}

async fn dependencies(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    let asked = || -> Result<(u64, u64), Wrong> {
        let end = parameters.number("endTs")?.map(|ms| ms.saturating_mul(1_000_000));
        let lookback = parameters.number("lookback")?.unwrap_or(DEPENDENCIES_LOOKBACK_MS);
        let end = end.unwrap_or_else(now_unix_ns);
        Ok((end.saturating_sub(lookback.saturating_mul(1_000_000)), end))
    };
    let (start, end) = match asked() {
        Ok(asked) => asked,
        Err(error) => return wrong(&error),
    };
    let service = parameters.get("service").map(str::to_owned);
    match queries
        .ask(move |lab, watch| peers::graph(lab, watch, start..=end))
        .await
    {
        Ok(graph) => {
            let links: Vec<_> = peers::dependencies(&graph)
                .into_iter()
                .filter(|(parent, child, _)| {
                    service
                        .as_deref()
                        .is_none_or(|name| name == *parent || name == *child)
                })
                .map(|(parent, child, calls)| json!({ "parent": parent, "child": child, "callCount": calls }))
                .collect();
            lost::note(&queries.lab, start, answer(links, 0))
        }
        Err(reason) => unanswered(reason),
    }
}
