//! Queries in TraceQL over trace files, and over whatever answers Tempo's routes.

mod files;
mod remote;

pub use files::over_files;
pub use remote::over_url;

use serde::Serialize;
use serde_json::{Map, Value};
use trace::traceql::metrics::{InvalidRange, Range, SeriesSet};
use trace::traceql::syntax::Literal;
use trace::traceql::{Query, QueryError};

use crate::Failure;

/// A query and what it is asked about.
#[derive(Debug, Clone)]
pub struct Request {
    /// The query.
    pub query: Query,
    /// Only spans that start from here, in nanoseconds since 1970; all if it is not said.
    pub from: Option<u64>,
    /// Only spans that start until here.
    pub until: Option<u64>,
    /// How long the steps of a metrics query are, in nanoseconds.
    pub step: Option<u64>,
    /// At most so many traces.
    pub limit: Option<usize>,
}

/// What a query came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The traces that match, by start.
    Traces(Vec<TraceLine>),
    /// The series, sorted by their labels.
    Series {
        /// One entry a series.
        lines: Vec<SeriesLine>,
        /// How many spans were left out because there would have been too many series.
        left_out: u64,
    },
}

/// A trace that matches.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TraceLine {
    /// Its id.
    pub trace_id: String,
    /// The service of its root.
    pub root_service: String,
    /// The name of its root.
    pub root_name: String,
    /// When its root started, in RFC 3339.
    pub start: String,
    /// How long its root took.
    pub duration_ms: f64,
    /// The ids of the spans that match, in order of arrival.
    pub matched: Vec<String>,
    /// What `by(…)`, `count()` and the like came to, for each spanset.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Map<String, Value>>,
    /// What `select(…)` asks for, for each of the spans that match.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub selected: Vec<Map<String, Value>>,
}

/// One series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesLine {
    /// What tells it apart.
    pub labels: Map<String, Value>,
    /// Its values where it has any.
    pub points: Vec<Point>,
}

/// One value of a series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// The end of the step, in RFC 3339.
    pub time: String,
    /// The value.
    pub value: f64,
}

/// Reads a query for the command line: the error has the place under it.
///
/// # Errors
///
/// What is wrong with it, where, and what to write instead.
pub fn parse(text: &str) -> Result<Query, Failure> {
    Query::parse(text).map_err(|error| refused(text, &error))
}

fn refused(text: &str, error: &QueryError) -> Failure {
    let indented = error.excerpt(text).replace('\n', "\n  ");
    let failure = Failure::input(format!("the query, {error}\n  {indented}"));
    match &error.help {
        Some(help) => failure.help(help),
        None => failure,
    }
}

/// The steps that a metrics query is computed over: as asked for, and otherwise what the spans cover.
fn range(request: &Request, first: u64, last: u64) -> Result<Range, Failure> {
    // A step does not include its start, so that the first span would otherwise be outside.
    let from = request.from.unwrap_or_else(|| first.saturating_sub(1));
    let until = request.until.unwrap_or(last).max(from + 1);
    let step = request.step.unwrap_or_else(|| Range::default_step(from, until));
    Range::over(from, until, step).map_err(|error| {
        let failure = Failure::input(format!("cannot compute the series: {error}"));
        match error {
            InvalidRange::TooManySteps => failure.help("give a longer `--step`, or `--from` and `--until`"),
            _ => failure.help("check `--from`, `--until` and `--step`"),
        }
    })
}

fn lines(set: SeriesSet) -> Answer {
    let times: Vec<String> = set.times.iter().map(|time| rfc3339(*time)).collect();
    let line = |series: trace::traceql::metrics::Series| SeriesLine {
        labels: series
            .labels
            .iter()
            .map(|(name, value)| (name.clone(), json(value)))
            .collect(),
        points: times
            .iter()
            .zip(&series.values)
            .filter(|(_, value)| !value.is_nan())
            .map(|(time, value)| Point {
                time: time.clone(),
                value: *value,
            })
            .collect(),
    };
    Answer::Series {
        lines: set.series.into_iter().map(line).collect(),
        left_out: set.left_out,
    }
}

/// A value as JSON: durations, states and kinds as they are written in a query.
fn json(literal: &Literal) -> Value {
    match literal {
        Literal::Nil => Value::Null,
        Literal::Bool(truth) => Value::from(*truth),
        Literal::Int(number) => Value::from(*number),
        Literal::Float(number) => Value::from(*number),
        Literal::String(text) => Value::from(text.clone()),
        written => Value::from(written.to_string()),
    }
}

fn rfc3339(unix_ns: u64) -> String {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_nanos(unix_ns);
    // Years beyond 9999 have no such form; 2^64 nanoseconds end in 2554.
    humantime::format_rfc3339_nanos(time).to_string()
}
