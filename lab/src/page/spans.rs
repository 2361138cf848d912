//! `/lab/spans`: what became of every span. `/lab/services`: who sent them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::arrivals::Messages;
use crate::counts::{Snapshot, Spans};
use crate::ingest::{Lab, OtherCounts};
use crate::store::TraceCounts;
use crate::{forward, record};

pub fn routes() -> Router<Arc<Lab>> {
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

async fn spans(State(lab): State<Arc<Lab>>) -> Json<impl Serialize> {
    let mut store = lab.store();
    let answer = Answer {
        spans: store.counts(),
        traces: store.trace_counts(Instant::now()),
        first_trace_stored_unix_ns: store.first_stored_unix_ns(),
        memory: Memory {
            budget_bytes: store.budget(),
            used_bytes: store.used_bytes(),
        },
        record: lab.recorder.as_ref().map(record::Recorder::report),
        forward: lab.forwarder.as_ref().map(forward::Forwarder::report),
        by_protocol: lab.arrivals.snapshot(),
        others: lab.others().counts(),
    };
    drop(store);
    Json(answer)
}

/// The body of `/lab/services`.
#[derive(Serialize)]
struct Services {
    services: BTreeMap<String, Spans>,
}

async fn services(State(lab): State<Arc<Lab>>) -> Json<Services> {
    let services = lab.store().counts().by_service;
    Json(Services { services })
}
