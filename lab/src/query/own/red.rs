//! `/lab/red?from=&until=&step=&points=`: rate, errors and durations by service and operation, over time; with `points=false` only of the
//! whole time.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use trace::Kind;

use super::super::find::overlaps;
use super::super::parameters::{Parameters, Wrong, go_duration};
use super::super::work::{Queries, Stopped, Watch, newest_first};
use super::super::{lost, problem};
use super::graph::range;
use super::quantiles::Quantiles;
use crate::ingest::Lab;
use crate::store::StoredSpan;
use crate::store::fields_of_span::Basics;

/// The most operations that are told apart; further ones are counted and left out.
const MOST_SERIES: usize = 1_000;
/// The most steps.
pub const MOST_STEPS: u64 = 1_000;
/// How many steps there are if it is not said how long one is.
const STEPS: u64 = 30;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new().route("/lab/red", get(red))
}

#[derive(Serialize)]
struct Answer {
    from_unix_ns: u64,
    until_unix_ns: u64,
    step_ns: u64,
    /// When the first step began in which something happened.
    first_unix_ns: Option<u64>,
    series: Vec<Series>,
    /// Requests to operations that are not in `series`, because there were too many.
    left_out: u64,
    incomplete: Option<String>,
}

#[derive(Serialize)]
struct Series {
    service: String,
    operation: String,
    kind: String,
    requests: u64,
    errors: u64,
    duration_ms: Option<Quantiles>,
    /// Only steps in which something happened.
    points: Vec<Point>,
}

#[derive(Serialize)]
struct Point {
    /// When the step began.
    unix_ns: u64,
    requests: u64,
    requests_per_second: f64,
    errors: u64,
    duration_ms: Option<Quantiles>,
}

/// What happened in one step.
#[derive(Default)]
struct Cell {
    durations: Vec<u64>,
    errors: u64,
}

/// By service, operation and kind.
type Cells = HashMap<(Box<str>, Box<str>, i32), HashMap<u64, Cell>>;

async fn red(State(queries): State<Arc<Queries>>, parameters: Parameters) -> Response {
    let asked = range(&parameters).and_then(|range| Ok((range, step(&parameters)?)));
    let is_short = parameters.get("points") == Some("false");
    let (range, step) = match asked {
        Ok(asked) => asked,
        Err(wrong) => return problem(StatusCode::BAD_REQUEST, &wrong.to_string()),
    };
    match queries
        .ask(move |lab, watch| answer(lab, watch, range, step))
        .await
    {
        Ok(Ok(mut answer)) => {
            if is_short {
                answer.series.iter_mut().for_each(|series| series.points.clear());
            }
            lost::with(answer.incomplete.clone(), Json(answer).into_response())
        }
        Ok(Err(wrong)) => problem(StatusCode::BAD_REQUEST, &wrong.to_string()),
        Err(unanswered) => unanswered.into_response(),
    }
}

/// The step in nanoseconds: a duration, or a number of seconds.
pub fn step(parameters: &Parameters) -> Result<Option<u64>, Wrong> {
    let Some(text) = parameters.get("step") else {
        return Ok(None);
    };
    let step = match text.parse::<u32>() {
        Ok(seconds) => u64::from(seconds) * 1_000_000_000,
        Err(_) => go_duration("step", text)?,
    };
    if step == 0 {
        return Err(Wrong::new("step", text, "must be positive"));
    }
    Ok(Some(step))
}

fn answer(
    lab: &Lab,
    watch: &Watch,
    asked: RangeInclusive<u64>,
    step: Option<u64>,
) -> Result<Result<Answer, Wrong>, Stopped> {
    let Some((from, until)) = known(lab, watch, &asked)? else {
        return Ok(Ok(Answer {
            from_unix_ns: *asked.start(),
            until_unix_ns: *asked.end(),
            step_ns: step.unwrap_or(0),
            first_unix_ns: None,
            series: Vec::new(),
            left_out: 0,
            incomplete: lost::notice(lab, *asked.start()),
        }));
    };
    let step_ns = step.unwrap_or(((until - from) / STEPS).max(1_000_000));
    if (until - from) / step_ns >= MOST_STEPS {
        return Ok(Err(Wrong::new(
            "step",
            &format!("{step_ns}ns"),
            format!("makes more than {MOST_STEPS} steps; ask for longer steps or a shorter time"),
        )));
    }
    let (cells, left_out) = count(lab, watch, from..=until, step_ns)?;
    let first = cells.values().flat_map(HashMap::keys).min();
    let first_unix_ns = first.map(|step| from + step * step_ns);
    let mut series: Vec<Series> = cells
        .into_iter()
        .map(|(key, cells)| one_series(key, cells, from, step_ns))
        .collect();
    series.sort_by(|one, other| {
        (&one.service, &one.operation, &one.kind).cmp(&(&other.service, &other.operation, &other.kind))
    });
    Ok(Ok(Answer {
        from_unix_ns: from,
        until_unix_ns: until,
        step_ns,
        first_unix_ns,
        series,
        left_out,
        incomplete: lost::notice(lab, from),
    }))
}

/// The time that was asked for, as far as there are traces in it.
fn known(lab: &Lab, watch: &Watch, asked: &RangeInclusive<u64>) -> Result<Option<(u64, u64)>, Stopped> {
    let mut found: Option<(u64, u64)> = None;
    newest_first(lab, watch, |trace| {
        if overlaps(trace, asked) {
            let (from, until) = found.unwrap_or((u64::MAX, 0));
            found = Some((from.min(trace.start_unix_ns()), until.max(trace.end_unix_ns())));
        }
        Ok(())
    })?;
    Ok(found.map(|(from, until)| {
        let from = if *asked.start() > 0 { *asked.start() } else { from };
        let until = if *asked.end() < u64::MAX {
            *asked.end()
        } else {
            until
        };
        (from, until.max(from))
    }))
}

/// Requests are what a service was asked from outside: spans of servers and consumers, and roots.
pub fn is_request(span: &StoredSpan<'_>, basics: &Basics<'_>) -> bool {
    matches!(Kind(basics.kind), Kind::SERVER | Kind::CONSUMER) || !span.parent.is_valid()
}

fn count(
    lab: &Lab,
    watch: &Watch,
    range: RangeInclusive<u64>,
    step_ns: u64,
) -> Result<(Cells, u64), Stopped> {
    let mut cells = Cells::new();
    let mut left_out = 0;
    newest_first(lab, watch, |trace| {
        if !overlaps(trace, &range) {
            return Ok(());
        }
        for span in trace.iter() {
            let basics = span.basics();
            if !is_request(&span, &basics) || !range.contains(&basics.start_unix_ns) {
                continue;
            }
            let key = (span.origin.service().into(), basics.name.into(), basics.kind);
            if cells.len() >= MOST_SERIES && !cells.contains_key(&key) {
                left_out += 1;
                continue;
            }
            let step = (basics.start_unix_ns - range.start()) / step_ns;
            let cell = cells.entry(key).or_default().entry(step).or_default();
            cell.durations.push(basics.duration_ns());
            cell.errors += u64::from(basics.is_error());
        }
        Ok(())
    })?;
    Ok((cells, left_out))
}

fn one_series(
    (service, operation, kind): (Box<str>, Box<str>, i32),
    cells: HashMap<u64, Cell>,
    from: u64,
    step_ns: u64,
) -> Series {
    let mut all: Vec<u64> = cells
        .values()
        .flat_map(|cell| cell.durations.iter().copied())
        .collect();
    let errors = cells.values().map(|cell| cell.errors).sum();
    let mut points: Vec<Point> = cells
        .into_iter()
        .map(|(step, mut cell)| Point {
            unix_ns: from + step * step_ns,
            requests: cell.durations.len() as u64,
            requests_per_second: cell.durations.len() as f64 / (step_ns as f64 / 1e9),
            errors: cell.errors,
            duration_ms: Quantiles::of(&mut cell.durations),
        })
        .collect();
    points.sort_by_key(|point| point.unix_ns);
    Series {
        service: service.into(),
        operation: operation.into(),
        kind: Kind(kind).to_string(),
        requests: all.len() as u64,
        errors,
        duration_ms: Quantiles::of(&mut all),
        points,
    }
}
