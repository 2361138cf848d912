//! `/lab/logs?limit=`: the newest logs. `/lab/logs?trace_id=`: those of a trace, as far as they are still kept.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use prost::Message as _;
use trace::TraceId;

use super::super::parameters::{Parameters, Wrong, trace_id};
use super::super::work::Queries;
use super::super::{json, problem};

/// The most requests of logs that are told at once.
const MOST: usize = 1_000;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new().route("/lab/logs", get(logs))
}

fn asked(parameters: &Parameters) -> Result<(usize, Option<TraceId>), Wrong> {
    let trace = parameters.get("trace_id").map(trace_id).transpose()?;
    // Of a trace all are told: what is kept is bounded, and a trace's logs are few of it.
    let default = if trace.is_some() { usize::MAX } else { 20 };
    Ok((parameters.limit("limit", default, MOST)?, trace))
}

async fn logs(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    let (limit, trace) = match asked(&parameters) {
        Ok(asked) => asked,
        Err(wrong) => return problem(StatusCode::BAD_REQUEST, &wrong.to_string()),
    };
    let answer = queries
        .ask(move |lab, watch| {
            let mut resource_logs = Vec::new();
            let mut left = limit;
            let kept = lab.others().latest_logs(usize::MAX);
            for request in kept {
                watch.check()?;
                // Looking for the id's bytes costs little; only what has them is decoded.
                if left == 0 || trace.is_some_and(|id| !holds(&request, &id.0)) {
                    continue;
                }
                let Ok(mut request) = ExportLogsServiceRequest::decode(request) else {
                    continue;
                };
                if let Some(id) = trace {
                    retain(&mut request, id);
                }
                if !request.resource_logs.is_empty() {
                    left -= 1;
                    resource_logs.append(&mut request.resource_logs);
                }
            }
            Ok(serde_json::to_vec(&ExportLogsServiceRequest { resource_logs }).unwrap_or_default())
        })
        .await;
    match answer {
        Ok(text) => json(text),
        Err(unanswered) => unanswered.into_response(),
    }
}

fn holds(bytes: &[u8], wanted: &[u8; 16]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// Leaves only the records of a trace, and only what has any.
fn retain(request: &mut ExportLogsServiceRequest, id: TraceId) {
    for resource in &mut request.resource_logs {
        for scope in &mut resource.scope_logs {
            scope.log_records.retain(|record| record.trace_id == id.0);
        }
        resource.scope_logs.retain(|scope| !scope.log_records.is_empty());
    }
    request
        .resource_logs
        .retain(|resource| !resource.scope_logs.is_empty());
}
