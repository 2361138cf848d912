//! Traces and dependencies as Zipkin tells them.

use std::sync::Arc;
use std::vec;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use trace::TraceId;
use trace::formats::{Losses, zipkin};

use super::super::parameters::{Parameters, trace_id};
use super::super::work::Queries;
use super::super::written::{PIECE, Pieces};
use super::super::{lost, written};
use super::dependencies::links;
use super::search::{Search, time};
use super::{plain, unanswered};
use crate::ingest::Lab;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new()
        .route("/api/v2/traces", get(search))
        .route("/api/v2/trace/{id}", get(one))
        .route("/api/v2/traceMany", get(many))
        .route("/api/v2/dependencies", get(dependencies))
}

/// The most traces that are asked for by id at once, which is Zipkin's own limit.
const MOST_IDS: usize = 1_000;

async fn search(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    let search = match Search::asked(&parameters) {
        Ok(search) => search,
        Err(wrong) => return plain(StatusCode::BAD_REQUEST, wrong),
    };
    let from = search.start_unix_ns;
    match queries.ask(move |lab, watch| search.run(lab, watch)).await {
        Ok(ids) => traces(&queries, ids, from).await,
        Err(reason) => unanswered(reason),
    }
}

async fn traces(queries: &Queries, ids: Vec<TraceId>, from_unix_ns: u64) -> Response {
    let pieces = ZipkinJson {
        lab: Arc::clone(&queries.lab),
        ids: ids.into_iter(),
        before: "[",
        first: true,
    };
    let body = written::body(pieces).await;
    lost::note(&queries.lab, from_unix_ns, super::super::json(body))
}

async fn one(State(queries): State<Arc<Queries>>, Path(id): Path<String>) -> Response {
    let id = match trace_id(id.trim()) {
        Ok(id) => id,
        Err(wrong) => return plain(StatusCode::BAD_REQUEST, wrong),
    };
    let lab = &queries.lab;
    let found = lab.store().trace(id);
    let Some(trace) = found else {
        let gone = lab.store().was_evicted(id);
        let why = if gone { ": it was evicted to make room" } else { "" };
        let nothing = plain(StatusCode::NOT_FOUND, format!("{id} not found{why}"));
        return lost::note(lab, 0, nothing);
    };
    let text = queries
        .ask(move |_, _| Ok(zipkin::write_as_server(&trace.spans(), &mut Losses::default())))
        .await;
    match text {
        Ok(text) => super::super::json(text),
        Err(reason) => unanswered(reason),
    }
}

async fn many(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    let Some(texts) = parameters.get("traceIds") else {
        return plain(StatusCode::BAD_REQUEST, "traceIds parameter is empty");
    };
    let mut ids = Vec::new();
    for text in texts.splitn(MOST_IDS, ',') {
        match trace_id(text.trim()) {
            Ok(id) if ids.contains(&id) => {
                return plain(StatusCode::BAD_REQUEST, format!("redundant traceId: {id}"));
            }
            Ok(id) => ids.push(id),
            Err(wrong) => return plain(StatusCode::BAD_REQUEST, wrong),
        }
    }
    if ids.len() == 1 {
        let message = "Use /api/v2/trace/{traceId} endpoint to retrieve a single trace";
        return plain(StatusCode::BAD_REQUEST, message);
    }
    let gone = ids.iter().any(|id| queries.lab.store().was_evicted(*id));
    traces(&queries, ids, if gone { 0 } else { u64::MAX }).await
}

async fn dependencies(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    if parameters.get("endTs").is_none() {
        return plain(StatusCode::BAD_REQUEST, "parameter endTs is required");
    }
    let (start, end) = match time(&parameters) {
        Ok(time) => time,
        Err(wrong) => return plain(StatusCode::BAD_REQUEST, wrong),
    };
    match queries
        .ask(move |lab, watch| links(lab, watch, &(start..=end)))
        .await
    {
        Ok(links) => {
            let told = links.into_iter().map(|((parent, child), counts)| {
                let mut link = json!({ "parent": parent, "child": child, "callCount": counts.calls });
                if counts.errors > 0 {
                    link["errorCount"] = counts.errors.into();
                }
                link
            });
            let told: Vec<_> = told.collect();
            lost::note(&queries.lab, start, Json(told).into_response())
        }
        Err(reason) => unanswered(reason),
    }
}

/// `[[…],[…]]`: the traces of these ids that are here.
struct ZipkinJson {
    lab: Arc<Lab>,
    ids: vec::IntoIter<TraceId>,
    before: &'static str,
    first: bool,
}

impl Pieces for ZipkinJson {
    fn next(&mut self, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(std::mem::take(&mut self.before).as_bytes());
        for id in self.ids.by_ref() {
            let Some(trace) = self.lab.store().trace(id) else {
                continue;
            };
            if !std::mem::take(&mut self.first) {
                out.push(b',');
            }
            out.append(&mut zipkin::write_as_server(
                &trace.spans(),
                &mut Losses::default(),
            ));
            if out.len() >= PIECE {
                return true;
            }
        }
        out.push(b']');
        false
    }
}
