//! `/lab/traces/{id}/spans/{span}/meanwhile`: what else went on at the span's service while it ran, in all traces that are here.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use trace::Tree;
use trace::meanwhile::{Moment, Other, in_transactions_ns, sort};

use super::super::work::{Queries, Stopped, Watch, newest_first};
use super::super::{lost, problem};
use super::drawing::{Refusal, span_id, spans, unknown};
use crate::ingest::Lab;
use crate::store::TraceSpans;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new().route("/lab/traces/{id}/spans/{span}/meanwhile", get(meanwhile))
}

/// How many of the other requests are told.
const MOST: usize = 10;

#[derive(Serialize)]
struct Answer {
    service: String,
    from_unix_ns: u64,
    until_unix_ns: u64,
    /// How many other requests ran at the service.
    requests: usize,
    /// How many of them did little but wait themselves.
    waited: usize,
    /// For how long at least one of the requests had a transaction open.
    in_transactions_ns: u64,
    /// The rest: those first that the span is most likely to have waited for.
    others: Vec<Other>,
    incomplete: Option<String>,
}

async fn meanwhile(
    State(queries): State<Arc<Queries>>,
    Path((id, span)): Path<(String, String)>,
) -> Response {
    let answer = queries
        .ask(move |lab, watch| match moment(lab, &id, &span) {
            Ok(moment) => answer(lab, watch, moment).map(Ok),
            Err(refusal) => Ok(Err(refusal)),
        })
        .await;
    match answer {
        Ok(Ok(answer)) => lost::with(answer.incomplete.clone(), Json(answer).into_response()),
        Ok(Err((status, detail))) => problem(status, &detail),
        Err(unanswered) => unanswered.into_response(),
    }
}

fn moment(lab: &Lab, id: &str, span: &str) -> Result<Moment, Refusal> {
    let wanted = span_id(span)?;
    let spans = spans(lab, id)?;
    let index = spans.iter().position(|span| span.span_id == wanted);
    let index = index.ok_or_else(unknown)?;
    Ok(Moment::of(&Tree::of(&spans), index))
}

fn answer(lab: &Lab, watch: &Watch, moment: Moment) -> Result<Answer, Stopped> {
    let mut others = Vec::new();
    newest_first(lab, watch, |trace| {
        // Only what has something to tell is decoded.
        if ran(trace, &moment) {
            others.extend(moment.others(&Tree::of(&trace.spans())));
        }
        Ok(())
    })?;
    let requests = others.len();
    let in_transactions_ns = in_transactions_ns(&others);
    others.retain(|other| !other.waited());
    let waited = requests - others.len();
    sort(&mut others);
    others.truncate(MOST);
    Ok(Answer {
        incomplete: lost::notice(lab, moment.from_unix_ns),
        service: moment.service,
        from_unix_ns: moment.from_unix_ns,
        until_unix_ns: moment.until_unix_ns,
        requests,
        waited,
        in_transactions_ns,
        others,
    })
}

/// Whether any span of the service ran at that moment.
fn ran(trace: &TraceSpans, moment: &Moment) -> bool {
    moment.overlaps(trace.start_unix_ns(), trace.end_unix_ns())
        && trace.iter().any(|span| {
            let basics = span.basics();
            moment.overlaps(basics.start_unix_ns, basics.end_unix_ns)
                && span.origin.service() == moment.service
        })
}
