//! `/lab/service?service=&operation=&from=&until=&step=`: one service over time: rate, errors, quantiles, a trace that is an example of
//! each step, and how many requests took how long.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use trace::{SpanId, TraceId};

use super::super::find::overlaps;
use super::super::parameters::{Parameters, Wrong};
use super::super::work::{Queries, Stopped, Watch, newest_first};
use super::super::{lost, problem};
use super::graph::range;
use super::quantiles::Quantiles;
use super::red::{MOST_STEPS, is_request, step};
use crate::ingest::Lab;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new().route("/lab/service", get(service))
}

/// How long the shortest bucket of durations is, in nanoseconds, and how many there are to a power of ten.
const SHORTEST_NS: f64 = 10_000.0;
const PER_DECADE: f64 = 6.0;
/// How long a step is if it is not said.
const STEP_NS: u64 = 2_000_000_000;

#[derive(Serialize)]
struct Answer {
    step_ns: u64,
    /// A request of bucket N took at least `shortest_ns` × 10^(N / `per_decade`); all shorter ones are in bucket 0.
    shortest_ns: f64,
    per_decade: f64,
    /// Only steps in which something happened.
    points: Vec<Point>,
    incomplete: Option<String>,
}

#[derive(Serialize)]
struct Point {
    /// When the step began.
    unix_ns: u64,
    requests: u64,
    errors: u64,
    duration_ms: Option<Quantiles>,
    slowest: Option<Example>,
    /// The slowest of those that failed.
    failed: Option<Example>,
    /// Bucket and number.
    buckets: Vec<(u32, u64)>,
}

/// A trace behind a point.
#[derive(Debug, Clone, Copy, Serialize)]
struct Example {
    trace_id: TraceId,
    span_id: SpanId,
    ms: f64,
}

impl Example {
    fn slower(this: &mut Option<Self>, other: Self) {
        if this.is_none_or(|it| it.ms < other.ms) {
            *this = Some(other);
        }
    }
}

#[derive(Default)]
struct Cell {
    durations: Vec<u64>,
    errors: u64,
    slowest: Option<Example>,
    failed: Option<Example>,
}

/// What is asked for.
struct Asked {
    service: String,
    operation: Option<String>,
    range: RangeInclusive<u64>,
    step_ns: u64,
}

fn asked(parameters: &Parameters) -> Result<Asked, Wrong> {
    let missing = |name| Wrong::new(name, "", "is missing");
    let range = range(parameters)?;
    if *range.start() == 0 || *range.end() == u64::MAX {
        return Err(missing("from or until"));
    }
    let step_ns = step(parameters)?.unwrap_or(STEP_NS);
    if (range.end() - range.start()) / step_ns >= MOST_STEPS {
        let text = parameters.get("step").unwrap_or_default();
        return Err(Wrong::new(
            "step",
            text,
            format!("makes more than {MOST_STEPS} steps"),
        ));
    }
    Ok(Asked {
        service: parameters
            .get("service")
            .ok_or_else(|| missing("service"))?
            .to_owned(),
        operation: parameters.get("operation").map(str::to_owned),
        range,
        step_ns,
    })
}

async fn service(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    let asked = match asked(&parameters) {
        Ok(asked) => asked,
        Err(wrong) => return problem(StatusCode::BAD_REQUEST, &wrong.to_string()),
    };
    match queries.ask(move |lab, watch| answer(lab, watch, &asked)).await {
        Ok(answer) => lost::with(answer.incomplete.clone(), Json(answer).into_response()),
        Err(unanswered) => unanswered.into_response(),
    }
}

fn answer(lab: &Lab, watch: &Watch, asked: &Asked) -> Result<Answer, Stopped> {
    let mut cells: BTreeMap<u64, Cell> = BTreeMap::new();
    newest_first(lab, watch, |trace| {
        if !overlaps(trace, &asked.range) {
            return Ok(());
        }
        for span in trace.iter().filter(|span| span.origin.service() == asked.service) {
            let basics = span.basics();
            let is_meant = is_request(&span, &basics)
                && asked.range.contains(&basics.start_unix_ns)
                && asked.operation.as_deref().is_none_or(|name| name == basics.name);
            if !is_meant {
                continue;
            }
            let step = (basics.start_unix_ns - asked.range.start()) / asked.step_ns;
            let cell = cells.entry(step).or_default();
            let example = Example {
                trace_id: trace.id(),
                span_id: span.span_id,
                ms: basics.duration_ns() as f64 / 1e6,
            };
            cell.durations.push(basics.duration_ns());
            Example::slower(&mut cell.slowest, example);
            if basics.is_error() {
                cell.errors += 1;
                Example::slower(&mut cell.failed, example);
            }
        }
        Ok(())
    })?;
    let points = cells.into_iter().map(|(step, mut cell)| Point {
        unix_ns: asked.range.start() + step * asked.step_ns,
        requests: cell.durations.len() as u64,
        errors: cell.errors,
        buckets: buckets(&cell.durations),
        duration_ms: Quantiles::of(&mut cell.durations),
        slowest: cell.slowest,
        failed: cell.failed,
    });
    Ok(Answer {
        step_ns: asked.step_ns,
        shortest_ns: SHORTEST_NS,
        per_decade: PER_DECADE,
        points: points.collect(),
        incomplete: lost::notice(lab, *asked.range.start()),
    })
}

fn buckets(durations: &[u64]) -> Vec<(u32, u64)> {
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for duration in durations {
        *counts.entry(bucket(*duration)).or_default() += 1;
    }
    counts.into_iter().collect()
}

fn bucket(duration_ns: u64) -> u32 {
    let decades = (duration_ns as f64 / SHORTEST_NS).log10();
    // Negative for what is shorter than the shortest, which `as` takes for 0.
    (decades * PER_DECADE).floor() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_even_on_a_logarithmic_scale() {
        assert_eq!([0, 1, 10_000, 14_600].map(bucket), [0; 4]);
        assert_eq!(bucket(14_700), 1);
        assert_eq!([100_000, 1_000_000, 10_000_000].map(bucket), [6, 12, 18]);
        assert_eq!(buckets(&[1, 2, 1_000_000]), [(0, 2), (12, 1)]);
    }
}
