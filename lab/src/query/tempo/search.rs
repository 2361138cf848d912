//! `/api/search`: traces by TraceQL, or by tags, of which a query is made.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use trace::traceql::syntax::{Field, Literal, Scope};
use trace::traceql::{Query, Spanset};
use trace::view::{Key, Structure, TraceView};

use super::super::find::{Latest, overlaps};
use super::super::lost;
use super::super::parameters::{Parameters, Wrong, go_duration};
use super::super::work::{Queries, Stopped, Watch, newest_first};
use super::answers::{
    FoundSpan, Inspected, SearchResponse, ServiceStats, SpanSet, TraceMetadata, answer, field_name, key_value,
};
use super::prefilter::Prefilter;
use super::{unanswered, wrong};
use crate::ingest::Lab;
use crate::store::TraceSpans;

pub fn routes() -> Router<Arc<Queries>> {
    Router::new().route("/api/search", get(search))
}

/// Tempo's defaults, and the most that is told at once.
const LIMIT: usize = 20;
const MOST_TRACES: usize = 10_000;
const SPANS: usize = 3;
const MOST_SPANS: usize = 10_000;

/// What is asked for.
struct Search {
    query: Query,
    limit: usize,
    spans_per_set: usize,
    start_unix_ns: u64,
    end_unix_ns: u64,
    min_duration_ns: u64,
    max_duration_ns: u64,
}

/// A time in whole seconds.
pub fn seconds(parameters: &Parameters, name: &str) -> Result<Option<u64>, Wrong> {
    Ok(parameters
        .number(name)?
        .map(|seconds| seconds.saturating_mul(1_000_000_000)))
}

/// From when until when, in nanoseconds; everything unless it is said.
pub fn bounds(parameters: &Parameters) -> Result<(u64, u64), Wrong> {
    let (start, end) = (seconds(parameters, "start")?, seconds(parameters, "end")?);
    if let Some(end) = end
        && end <= start.unwrap_or(0)
    {
        let text = parameters.get("end").unwrap_or_default();
        return Err(Wrong::new("end", text, "is not after `start`"));
    }
    Ok((start.unwrap_or(0), end.unwrap_or(u64::MAX)))
}

/// A query, or what is wrong with it and where.
pub fn parse(text: &str) -> Result<Query, String> {
    Query::parse(text).map_err(|error| {
        let help = error
            .help
            .as_deref()
            .map_or(String::new(), |help| format!("\nhelp: {help}"));
        format!("invalid TraceQL query: {error}\n{}{help}", error.excerpt(text))
    })
}

fn asked(parameters: &Parameters) -> Result<Search, String> {
    let text = |wrong: Wrong| wrong.to_string();
    let query = match (parameters.get("q"), parameters.get("tags")) {
        (Some(_), Some(_)) => {
            return Err("invalid request: can't specify tags and q in the same query".to_owned());
        }
        (Some(query), None) => parse(query)?,
        (None, Some(tags)) => parse(&of_tags(tags).map_err(text)?)?,
        (None, None) => parse("{ }")?,
    };
    if query.is_metrics() {
        return Err("this is a metrics query: ask /api/metrics/query_range".to_owned());
    }
    let (start_unix_ns, end_unix_ns) = bounds(parameters).map_err(text)?;
    let duration = |name: &str, default| match parameters.get(name) {
        Some(written) => go_duration(name, written).map_err(text),
        None => Ok(default),
    };
    let spans = parameters.number("spss").map_err(text)?;
    Ok(Search {
        query,
        limit: parameters.limit("limit", LIMIT, MOST_TRACES).map_err(text)?,
        spans_per_set: match spans {
            None => SPANS,
            // As many as there are.
            Some(0) => MOST_SPANS,
            Some(spans) => usize::try_from(spans).unwrap_or(MOST_SPANS).min(MOST_SPANS),
        },
        start_unix_ns,
        end_unix_ns,
        min_duration_ns: duration("minDuration", 0)?,
        max_duration_ns: duration("maxDuration", u64::MAX)?,
    })
}

/// The query that asks for tags in logfmt, `key=value key="a value"`: each may be on another span, and its value may be
/// a part of the span's.
fn of_tags(text: &str) -> Result<String, Wrong> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let malformed = || Wrong::new("tags", text, "is not logfmt: key=value key=\"a value\"");
        let (key, after) = rest.split_once('=').ok_or_else(malformed)?;
        if key.is_empty() || key.contains(|letter: char| letter.is_whitespace() || letter == '"') {
            return Err(malformed());
        }
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted).ok_or_else(malformed)?,
            None => {
                let end = after.find(char::is_whitespace).unwrap_or(after.len());
                (after[..end].to_owned(), &after[end..])
            }
        };
        parts.push(tag(key, &value));
        rest = after.trim_start();
    }
    if parts.is_empty() {
        return Ok("{ }".to_owned());
    }
    Ok(parts.join(" && "))
}

fn tag(key: &str, value: &str) -> String {
    match key {
        "error" if matches!(value, "true" | "false") => {
            format!("{{ status {} error }}", if value == "true" { "=" } else { "!=" })
        }
        "status.code" if matches!(value, "ok" | "error" | "unset") => format!("{{ status = {value} }}"),
        _ => {
            let field = match key {
                "name" => "name".to_owned(),
                "root.name" => "rootName".to_owned(),
                "root.service.name" => "rootServiceName".to_owned(),
                _ => Field::Attribute(Scope::Any, Key::new(key)).to_string(),
            };
            let pattern = Literal::String(format!(".*{}.*", escaped(value)));
            // A number is no text, and is meant as a whole.
            match value.parse::<i64>() {
                Ok(number) if field.contains('.') => {
                    format!("{{ {field} =~ {pattern} || {field} = {number} }}")
                }
                _ => format!("{{ {field} =~ {pattern} }}"),
            }
        }
    }
}

/// Text as a regular expression that matches just it.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        if letter.is_ascii_punctuation() {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// Text up to the closing quote, and what follows it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(letters.next()?.1),
            _ => value.push(letter),
        }
    }
    None
}

async fn search(State(queries): State<Arc<Queries>>, parameters: Parameters, headers: HeaderMap) -> Response {
    let search = match asked(&parameters) {
        Ok(search) => search,
        Err(message) => return wrong(&message),
    };
    let from = search.start_unix_ns;
    match queries.ask(move |lab, watch| run(lab, watch, &search)).await {
        Ok(found) => lost::note(&queries.lab, from, answer(&headers, &found)),
        Err(reason) => unanswered(reason),
    }
}

fn run(lab: &Lab, watch: &Watch, search: &Search) -> Result<SearchResponse, Stopped> {
    let time = search.start_unix_ns..=search.end_unix_ns;
    let mut inspected = Inspected::default();
    let mut prefilter = Prefilter::of(&search.query);
    let mut latest = Latest::new(search.limit);
    let go_on = || watch.goes_on();
    newest_first(lab, watch, |trace| {
        let duration = trace.end_unix_ns().saturating_sub(trace.start_unix_ns());
        if !overlaps(trace, &time)
            || !(search.min_duration_ns..=search.max_duration_ns).contains(&duration)
            || !latest.wants(trace)
        {
            return Ok(());
        }
        inspected.add(trace);
        if prefilter.may_match(trace)
            && let Some(sets) = search.query.evaluate(&trace.reading(&go_on))
        {
            latest.add(trace, told(trace, &sets, search, &go_on));
        }
        Ok(())
    })?;
    let traces = latest.into_sorted().into_iter().map(|(_, told)| told);
    Ok(SearchResponse {
        traces: traces.collect(),
        metrics: inspected.search(),
    })
}

/// A trace as it is told in the list of those that were found.
fn told(trace: &TraceSpans, sets: &[Spanset], search: &Search, go_on: &dyn Fn() -> bool) -> TraceMetadata {
    let (fields, reading) = (search.query.shown_fields(), trace.reading(go_on));
    let span_sets: Vec<SpanSet> = sets
        .iter()
        .map(|set| {
            let spans = &set.spans[..set.spans.len().min(search.spans_per_set)];
            let values = search.query.show(&reading, spans, &fields);
            let attributes = |shown: Vec<(&Field, Literal)>| {
                let shown = shown.into_iter();
                shown
                    .map(|(field, value)| key_value(field_name(field), &value))
                    .collect()
            };
            SpanSet {
                spans: spans
                    .iter()
                    .zip(values)
                    .map(|(span, shown)| FoundSpan {
                        span_id: reading.span_id(*span).to_string(),
                        name: reading.name(*span).to_owned(),
                        start_time_unix_nano: reading.start_unix_ns(*span),
                        duration_nanos: reading.duration_ns(*span),
                        attributes: attributes(shown),
                    })
                    .collect(),
                matched: u32::try_from(set.spans.len()).unwrap_or(u32::MAX),
                attributes: set
                    .values
                    .iter()
                    .map(|(name, value)| key_value(name.clone(), value))
                    .collect(),
            }
        })
        .collect();
    let root = Structure::of(&reading)
        .root(&reading)
        .filter(|root| reading.parent_span_id(*root).is_none());
    let start = trace.start_unix_ns();
    let duration_ms = trace.end_unix_ns().saturating_sub(start) / 1_000_000;
    TraceMetadata {
        trace_id: trace.id().to_string(),
        root_service_name: root.map_or("<root span not yet received>".to_owned(), |root| {
            trace.at(root).origin.service().to_owned()
        }),
        root_trace_name: root.map_or(String::new(), |root| reading.name(root).to_owned()),
        start_time_unix_nano: start,
        duration_ms: u32::try_from(duration_ms).unwrap_or(u32::MAX),
        span_set: span_sets.first().cloned(),
        span_sets,
        service_stats: service_stats(trace),
    }
}

fn service_stats(trace: &TraceSpans) -> BTreeMap<String, ServiceStats> {
    let mut all: BTreeMap<String, ServiceStats> = BTreeMap::new();
    for span in trace.iter() {
        let service = span.origin.service();
        let error = u32::from(span.basics().is_error());
        if let Some(stats) = all.get_mut(service) {
            stats.span_count += 1;
            stats.error_count += error;
        } else {
            let stats = ServiceStats {
                span_count: 1,
                error_count: error,
            };
            all.insert(service.to_owned(), stats);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_a_query_in_which_each_may_be_on_another_span() {
        let query = of_tags(r#"service.name=cart name="GET /a.b" error=true root.name=x"#).expect("logfmt");
        assert_eq!(
            query,
            r#"{ .service.name =~ ".*cart.*" } && { name =~ ".*GET \\/a\\.b.*" } && { status = error } && { rootName =~ ".*x.*" }"#
        );
        assert!(parse(&query).is_ok(), "{query}");
        assert_eq!(
            of_tags("http.response.status_code=200").as_deref(),
            Ok(r#"{ .http.response.status_code =~ ".*200.*" || .http.response.status_code = 200 }"#)
        );
        assert_eq!(of_tags(" ").as_deref(), Ok("{ }"));
        for wrong in ["a", "=b", "a=\"b", "a b=c"] {
            assert!(of_tags(wrong).is_err(), "{wrong}");
        }
    }
}
