//! What Jaeger searches by: one span must fulfil all of it.

use trace::TraceId;

use super::super::find;
use super::super::work::{Stopped, Watch};
use crate::ingest::Lab;
use crate::store::fields_of_span::{
    EVENT_ATTRIBUTES, RESOURCE_ATTRIBUTES, SCOPE_ATTRIBUTES, Scalar, attributes, scope_name,
};
use crate::store::{StoredSpan, TraceSpans};

/// The conditions.
#[derive(Debug, Clone, Default)]
pub struct Search {
    pub service: Option<String>,
    pub operation: Option<String>,
    pub tags: Vec<(String, String)>,
    pub start_min_unix_ns: u64,
    pub start_max_unix_ns: u64,
    pub duration_min_ns: Option<u64>,
    pub duration_max_ns: Option<u64>,
    pub limit: usize,
}

/// The most traces of one answer, which is written piece by piece, so that only their ids are in memory.
pub const MOST_TRACES: usize = 1_000_000;
/// How many there are if it is not said.
pub const TRACES: usize = 100;

impl Search {
    /// The traces that have a span which fulfils all conditions, those that started last first.
    pub fn run(&self, lab: &Lab, watch: &Watch) -> Result<Vec<TraceId>, Stopped> {
        let time = self.start_min_unix_ns..=self.start_max_unix_ns;
        find::traces(lab, watch, self.limit, time, |trace| self.matches(trace))
    }

    fn matches(&self, trace: &TraceSpans) -> bool {
        if let Some(service) = &self.service
            && !trace
                .spans_by_origin()
                .any(|(origin, _)| origin.service() == service)
        {
            return false;
        }
        trace.iter().any(|span| self.fits(&span))
    }

    fn fits(&self, span: &StoredSpan<'_>) -> bool {
        if self
            .service
            .as_ref()
            .is_some_and(|service| span.origin.service() != service)
        {
            return false;
        }
        let basics = span.basics();
        let duration = basics.duration_ns();
        (self.start_min_unix_ns..=self.start_max_unix_ns).contains(&basics.start_unix_ns)
            && self.operation.as_ref().is_none_or(|name| basics.name == name)
            && self.duration_min_ns.is_none_or(|least| duration >= least)
            && self.duration_max_ns.is_none_or(|most| duration <= most)
            && self.tags.iter().all(|(key, value)| has_tag(span, key, value))
    }
}

/// Whether the span, its resource, its scope or one of its events has the tag, or it is one of those by which Jaeger
/// tells what OpenTelemetry has fields for.
fn has_tag(span: &StoredSpan<'_>, key: &str, value: &str) -> bool {
    let basics = span.basics();
    let field = match key {
        "error" => Some((basics.is_error() == (value == "true")) && matches!(value, "true" | "false")),
        "span.kind" => Some(super::kind_name(basics.kind) == value),
        "span.status" | "otel.status_code" => Some(
            trace::StatusCode(basics.status)
                .to_string()
                .eq_ignore_ascii_case(value),
        ),
        "otel.scope.name" | "scope.name" => Some(scope_name(span.origin.scope()) == value),
        _ => None,
    };
    if field == Some(true) {
        return true;
    }
    let is_it = |(known, found): (&str, Scalar<'_>)| known == key && found.to_text() == value;
    span.attributes().any(is_it)
        || attributes(span.origin.resource(), RESOURCE_ATTRIBUTES).any(is_it)
        || attributes(span.origin.scope(), SCOPE_ATTRIBUTES).any(is_it)
        || span
            .events()
            .any(|event| attributes(event, EVENT_ATTRIBUTES).any(is_it))
}
