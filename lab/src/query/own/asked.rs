//! Which traces are asked for: by TraceQL, when they began and how long they took.

use std::ops::RangeInclusive;

use trace::traceql::Query;
use trace::{Span, Summary, Tree};

use super::super::find::overlaps;
use super::super::parameters::{Parameters, go_duration, time};
use super::super::tempo::parse;
use super::super::tempo::prefilter::Prefilter;
use super::super::work::Watch;
use crate::store::TraceSpans;

/// What a trace must be like.
pub struct Asked {
    query: Option<(Query, Prefilter)>,
    /// When its root begins, in nanoseconds since 1970.
    start: RangeInclusive<u64>,
    /// How long its root takes, in nanoseconds.
    duration: RangeInclusive<u64>,
}

/// A trace that was found.
pub struct Found {
    pub spans: Vec<Span>,
    pub summary: Summary,
    /// How many spans the query found, if there was one.
    pub matched: Option<usize>,
}

impl Asked {
    /// Reads `q`, `start`, `end`, `min_duration` and `max_duration`, each with something before its name.
    pub fn of(parameters: &Parameters, before: &str) -> Result<Self, String> {
        let get = |name: &str| {
            let name = format!("{before}{name}");
            parameters.get(&name).map(|text| (name, text.to_owned()))
        };
        let moment = |name, default| match get(name) {
            Some((name, text)) => time(&name, &text).map_err(|wrong| wrong.to_string()),
            None => Ok(default),
        };
        let duration = |name, default| match get(name) {
            Some((name, text)) => go_duration(&name, &text).map_err(|wrong| wrong.to_string()),
            None => Ok(default),
        };
        let query = match get("q") {
            Some((_, text)) => Some(parse(&text)?),
            None => None,
        };
        if query.as_ref().is_some_and(Query::is_metrics) {
            return Err("this is a metrics query: ask /api/metrics/query_range".to_owned());
        }
        Ok(Self {
            query: query.map(|query| {
                let prefilter = Prefilter::of(&query);
                (query, prefilter)
            }),
            start: moment("start", 0)?..=moment("end", u64::MAX)?,
            duration: duration("min_duration", 0)?..=duration("max_duration", u64::MAX)?,
        })
    }

    /// Whatever it is like.
    pub fn any() -> Self {
        Self {
            query: None,
            start: 0..=u64::MAX,
            duration: 0..=u64::MAX,
        }
    }

    /// The trace, if it is like that.
    pub fn find(&mut self, trace: &TraceSpans, watch: &Watch) -> Option<Found> {
        if !overlaps(trace, &self.start) {
            return None;
        }
        let matched = match &mut self.query {
            Some((query, prefilter)) => {
                if !prefilter.may_match(trace) {
                    return None;
                }
                let sets = query.evaluate(&trace.reading(&|| watch.goes_on()))?;
                Some(sets.iter().map(|set| set.spans.len()).sum())
            }
            None => None,
        };
        let spans = trace.spans();
        let summary = Summary::of(&Tree::of(&spans))?;
        let found =
            self.start.contains(&summary.start_unix_ns) && self.duration.contains(&summary.duration_ns);
        found.then_some(Found {
            spans,
            summary,
            matched,
        })
    }
}
