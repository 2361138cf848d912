//! `/lab/spans`: what became of every span. `/lab/services`: who sent them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::super::work::{Queries, newest_first};
use crate::arrivals::Messages;
use crate::counts::{Snapshot, Spans};
use crate::ingest::OtherCounts;
use crate::store::TraceCounts;
use crate::{forward, record};

pub fn routes() -> Router<Arc<Queries>> {
    Router::new()
        .route("/lab/spans", get(spans))
        .route("/lab/services", get(services))
}

/// The body of `/lab/spans`.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    spans: Snapshot,
    traces: TraceCounts,
    first_trace_stored_unix_ns: Option<u64>,
    memory: Memory,
    record: Option<record::Report>,
    forward: Option<forward::Report>,
    by_protocol: BTreeMap<&'static str, Messages>,
    #[serde(flatten)]
    others: OtherCounts,
}

#[derive(Serialize)]
struct Memory {
    budget_bytes: usize,
    used_bytes: usize,
}

async fn spans(State(queries): State<Arc<Queries>>) -> Response {
    let answer = queries
        .ask(|lab, watch| {
            // Trace by trace without holding the store, which takes a while when there are many.
            let mut traces = TraceCounts::default();
            let now = Instant::now();
            newest_first(lab, watch, |trace| {
                traces.add(trace, now);
                Ok(())
            })?;
            let store = lab.store();
            traces.evicted = store.lost().traces;
            Ok(Answer {
                spans: store.counts(),
                traces,
                first_trace_stored_unix_ns: store.first_stored_unix_ns(),
                memory: Memory {
                    budget_bytes: store.budget(),
                    used_bytes: store.used_bytes(),
                },
                record: lab.recorder.as_ref().map(record::Recorder::report),
                forward: lab.forwarder.as_ref().map(forward::Forwarder::report),
                by_protocol: lab.arrivals.snapshot(),
                others: lab.others().counts(),
            })
        })
        .await;
    match answer {
        Ok(answer) => Json(answer).into_response(),
        Err(unanswered) => unanswered.into_response(),
    }
}

/// The body of `/lab/services`.
#[derive(Serialize)]
struct Services {
    services: BTreeMap<String, Spans>,
}

async fn services(State(queries): State<Arc<Queries>>) -> Json<Services> {
    let services = queries.lab.store().counts().by_service;
    Json(Services { services })
}
