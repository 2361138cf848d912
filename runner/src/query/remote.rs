//! Queries to whatever answers Tempo's routes.

use std::collections::HashSet;
use std::io::Read;
use std::time::Duration;

use reqwest::Url;
use reqwest::blocking::Client;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Answer, Point, Request, SeriesLine, TraceLine, rfc3339};
use crate::Failure;

/// How large an answer may be.
const LARGEST: u64 = 256 * 1024 * 1024;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks a server, given by its base URL.
///
/// # Errors
///
/// A [`Failure`] when it cannot be reached, refuses the query, or answers something else.
pub fn over_url(request: &Request, base: &str) -> Result<Answer, Failure> {
    let base = base.trim_end_matches('/');
    let path = if request.query.is_metrics() {
        "api/metrics/query_range"
    } else {
        "api/search"
    };
    let mut url = Url::parse(&format!("{base}/{path}")).map_err(|error| {
        Failure::input(format!("`{base}` is not a URL: {error}"))
            .help("write one such as `http://127.0.0.1:3200`")
    })?;
    let query = request.query.to_string();
    url.query_pairs_mut()
        .append_pair("q", &query)
        .extend_pairs(parameters(request));
    let unanswered = |error: &dyn std::fmt::Display| {
        Failure::run(format!("{base} does not answer: {error}"))
            .help("check that it runs and answers Tempo's routes")
    };
    let client = Client::builder()
        .timeout(PATIENCE)
        .build()
        .map_err(|error| unanswered(&error))?;
    let answer = client
        .get(url)
        .header("accept", "application/json")
        .send()
        .map_err(|error| unanswered(&error.without_url()))?;
    let status = answer.status();
    let mut body = Vec::new();
    answer
        .take(LARGEST + 1)
        .read_to_end(&mut body)
        .map_err(|error| unanswered(&error))?;
    if body.len() as u64 > LARGEST {
        return Err(
            Failure::run(format!("the answer of {base} is larger than {LARGEST} bytes"))
                .help("ask for less: `--limit`, or a longer `--step`"),
        );
    }
    if !status.is_success() {
        let said: String = String::from_utf8_lossy(&body).trim().chars().take(500).collect();
        let failure = if status.is_client_error() {
            Failure::input
        } else {
            Failure::run
        };
        return Err(failure(format!("{base} answers {status}: {said}")));
    }
    let unexpected = |error: serde_json::Error| {
        Failure::run(format!("{base} answers something else than Tempo does: {error}"))
            .help("give the base URL of Tempo's routes: what stands before `/api/search`")
    };
    if request.query.is_metrics() {
        let answer: QueryRange = serde_json::from_slice(&body).map_err(unexpected)?;
        return Ok(Answer::Series {
            lines: answer.series.into_iter().map(Series::line).collect(),
            left_out: 0,
        });
    }
    let answer: Search = serde_json::from_slice(&body).map_err(unexpected)?;
    let mut traces: Vec<_> = answer.traces.into_iter().map(Trace::line).collect();
    traces.sort_by(|one, other| (&one.start, &one.trace_id).cmp(&(&other.start, &other.trace_id)));
    Ok(Answer::Traces(traces))
}

/// Tempo takes whole seconds since 1970.
fn parameters(request: &Request) -> Vec<(&'static str, String)> {
    let seconds = |ns: u64| ns.div_ceil(1_000_000_000).to_string();
    let mut parameters = Vec::new();
    parameters.extend(
        request
            .from
            .map(|from| ("start", (from / 1_000_000_000).to_string())),
    );
    parameters.extend(request.until.map(|until| ("end", seconds(until))));
    parameters.extend(request.step.map(|step| ("step", format!("{step}ns"))));
    if !request.query.is_metrics() {
        parameters.extend(request.limit.map(|limit| ("limit", limit.to_string())));
        // How many spans of each spanset are wanted; by default it would be three.
        parameters.push(("spss", "100000".to_owned()));
    }
    parameters
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    traces: Vec<Trace>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trace {
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(default)]
    root_service_name: String,
    #[serde(default)]
    root_trace_name: String,
    #[serde(default)]
    start_time_unix_nano: Value,
    #[serde(default)]
    duration_ms: f64,
    #[serde(default)]
    span_sets: Vec<SpanSet>,
}

#[derive(Deserialize)]
struct SpanSet {
    #[serde(default)]
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    #[serde(rename = "spanID")]
    span_id: String,
}

impl Trace {
    fn line(self) -> TraceLine {
        let spans = self.span_sets.into_iter().flat_map(|set| set.spans);
        let mut seen = HashSet::new();
        let matched = spans
            .map(|span| span.span_id)
            .filter(|id| seen.insert(id.clone()))
            .collect();
        TraceLine {
            // Tempo leaves zeros at the beginning out.
            trace_id: format!("{:0>32}", self.trace_id),
            root_service: self.root_service_name,
            root_name: self.root_trace_name,
            start: rfc3339(number(&self.start_time_unix_nano)),
            duration_ms: self.duration_ms,
            matched,
            values: Vec::new(),
            selected: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
struct QueryRange {
    #[serde(default)]
    series: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    labels: Vec<Label>,
    #[serde(default)]
    samples: Vec<Sample>,
}

#[derive(Deserialize)]
struct Label {
    key: String,
    #[serde(default)]
    value: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sample {
    #[serde(default)]
    timestamp_ms: Value,
    #[serde(default)]
    value: f64,
}

impl Series {
    fn line(self) -> SeriesLine {
        // `{"stringValue": "x"}`; whole numbers are text in this form of JSON.
        let value = |label: Label| match label.value.into_iter().next() {
            Some((kind, Value::String(text))) if kind == "intValue" => {
                text.parse::<i64>().map_or(Value::String(text), Value::from)
            }
            Some((_, value)) => value,
            None => Value::Null,
        };
        SeriesLine {
            labels: self
                .labels
                .into_iter()
                .map(|label| (label.key.clone(), value(label)))
                .collect(),
            points: self
                .samples
                .iter()
                .map(|sample| Point {
                    time: rfc3339(number(&sample.timestamp_ms).saturating_mul(1_000_000)),
                    value: sample.value,
                })
                .collect(),
        }
    }
}

/// A whole number that may be text.
fn number(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.parse().unwrap_or(0),
        value => value.as_u64().unwrap_or(0),
    }
}
