//! `/api/metrics/query_range`, `/api/metrics/query`: TraceQL's metrics, over time and as one number each.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use trace::otlp::proto::KeyValue;
use trace::traceql::Query;
use trace::traceql::metrics::{Labels, Range, SeriesSet};

use super::super::lost;
use super::super::parameters::{Parameters, Wrong, go_duration, now_unix_ns, time};
use super::super::work::{Queries, Stopped, Watch, newest_first};
use super::answers::{
    Inspected, InstantSeries, QueryInstantResponse, QueryRangeResponse, Sample, TimeSeries, answer, key_value,
};
use super::prefilter::Prefilter;
use super::search::parse;
use super::{unanswered, wrong};
use crate::ingest::Lab;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new()
        .route("/api/metrics/query_range", get(range))
        .route("/api/metrics/query", get(instant))
}

/// How far back it goes if that is not said.
const SINCE_NS: u64 = 3600 * 1_000_000_000;

fn asked(parameters: &Parameters) -> Result<(Query, u64, u64), String> {
    // Both names are in use.
    let text = parameters
        .any(&["q", "query"])
        .map(|(_, text)| text)
        .ok_or("parameter q is required: a metrics query, such as { } | rate()")?;
    let query = parse(text)?;
    if !query.is_metrics() {
        return Err(
            "this is no metrics query; add a function such as | rate(), or ask /api/search".to_owned(),
        );
    }
    let (from, until) = bounds(parameters).map_err(|wrong| wrong.to_string())?;
    Ok((query, from, until))
}

fn bounds(parameters: &Parameters) -> Result<(u64, u64), Wrong> {
    let now = now_unix_ns();
    let end = match parameters.get("end") {
        Some(text) => time("end", text)?,
        None => now,
    };
    let start = match (parameters.get("start"), parameters.get("since")) {
        (Some(text), _) => time("start", text)?,
        (None, Some(text)) => end.min(now).saturating_sub(go_duration("since", text)?),
        (None, None) => end.min(now).saturating_sub(SINCE_NS),
    };
    Ok((start, end))
}

/// The step in nanoseconds: seconds, or a duration.
fn step(parameters: &Parameters, from: u64, until: u64) -> Result<u64, Wrong> {
    let Some(text) = parameters.get("step") else {
        return Ok(Range::default_step(from, until));
    };
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..1e9).contains(&seconds) => Ok((seconds * 1e9) as u64),
        Ok(_) => Err(Wrong::new("step", text, "is out of range")),
        Err(_) => go_duration("step", text),
    }
}

/// Computes the series from the traces that may have spans in the range.
fn run(
    lab: &Lab,
    watch: &Watch,
    query: &Query,
    range: Range,
    (from, until): (u64, u64),
) -> Result<(SeriesSet, Inspected), Stopped> {
    let mut inspected = Inspected::default();
    let mut prefilter = Prefilter::of(query);
    let Some(mut metrics) = query.metrics(range) else {
        return Err(Stopped);
    };
    let go_on = || watch.goes_on();
    newest_first(lab, watch, |trace| {
        // A step's bounds may lie outside of what was asked for, by less than a step.
        if trace.start_unix_ns() <= until && trace.end_unix_ns() >= from {
            inspected.add(trace);
            if prefilter.may_match(trace) {
                metrics.add(&trace.reading(&go_on));
            }
        }
        Ok(())
    })?;
    Ok((metrics.finish(), inspected))
}

/// What is missing: evicted traces, and series beyond the most.
fn missing(lab: &Lab, from: u64, set: &SeriesSet) -> String {
    let mut reasons: Vec<String> = lost::notice(lab, from).into_iter().collect();
    if set.left_out > 0 {
        reasons.push(format!(
            "{} values were left out because there were too many series",
            set.left_out
        ));
    }
    reasons.join("; ")
}

fn labels(labels: &Labels) -> Vec<KeyValue> {
    labels
        .iter()
        .map(|(name, value)| key_value(name.clone(), value))
        .collect()
}

async fn range(State(queries): State<Arc<Queries>>, parameters: Parameters, headers: HeaderMap) -> Response {
    let asked = asked(&parameters).and_then(|(query, from, until)| {
        let step = step(&parameters, from, until).map_err(|wrong| wrong.to_string())?;
        let range = Range::over(from, until, step).map_err(|error| error.to_string())?;
        Ok((
            query,
            range,
            from.saturating_sub(step),
            until.saturating_add(step),
        ))
    });
    let (query, range, from, until) = match asked {
        Ok(asked) => asked,
        Err(message) => return wrong(&message),
    };
    let found = queries
        .ask(move |lab, watch| {
            let (set, inspected) = run(lab, watch, &query, range, (from, until))?;
            let message = missing(lab, from, &set);
            let series = set.series.iter().map(|series| TimeSeries {
                labels: labels(&series.labels),
                samples: set
                    .times
                    .iter()
                    .zip(&series.values)
                    .filter(|(_, value)| !value.is_nan())
                    .map(|(time, value)| Sample {
                        timestamp_ms: (time / 1_000_000) as i64,
                        value: *value,
                    })
                    .collect(),
            });
            Ok(QueryRangeResponse {
                series: series.collect(),
                metrics: inspected.search(),
                status: i32::from(!message.is_empty()),
                message,
            })
        })
        .await;
    match found {
        Ok(found) => lost::note(&queries.lab, from, answer(&headers, &found)),
        Err(reason) => unanswered(reason),
    }
}

async fn instant(
    State(queries): State<Arc<Queries>>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Response {
    let asked = asked(&parameters).and_then(|(query, from, until)| {
        let range = Range::instant(from, until).map_err(|error| error.to_string())?;
        Ok((query, range, from, until))
    });
    let (query, range, from, until) = match asked {
        Ok(asked) => asked,
        Err(message) => return wrong(&message),
    };
    let found = queries
        .ask(move |lab, watch| {
            let (set, inspected) = run(lab, watch, &query, range, (from, until))?;
            let message = missing(lab, from, &set);
            let series = set.series.iter().filter_map(|series| {
                let value = series.values.first().filter(|value| !value.is_nan())?;
                Some(InstantSeries {
                    labels: labels(&series.labels),
                    value: *value,
                })
            });
            Ok(QueryInstantResponse {
                series: series.collect(),
                metrics: inspected.search(),
                status: i32::from(!message.is_empty()),
                message,
            })
        })
        .await;
    match found {
        Ok(found) => lost::note(&queries.lab, from, answer(&headers, &found)),
        Err(reason) => unanswered(reason),
    }
}
