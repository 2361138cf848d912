//! What Zipkin searches by: all conditions must be fulfilled by the spans of one service, not all by the same span.

use trace::TraceId;

use super::super::find;
use super::super::parameters::{Parameters, Wrong, now_unix_ns};
use super::super::work::{Stopped, Watch};
use super::remote_service;
use crate::ingest::Lab;
use crate::store::fields_of_span::{RESOURCE_ATTRIBUTES, attributes, event_name};
use crate::store::{StoredSpan, TraceSpans};

/// The conditions.
#[derive(Debug, Clone)]
pub struct Search {
    service: Option<String>,
    remote_service: Option<String>,
    span_name: Option<String>,
    /// Tags and annotations, of which an empty value asks only for the key, or for the annotation.
    annotations: Vec<(String, String)>,
    min_duration_us: Option<u64>,
    max_duration_us: Option<u64>,
    pub start_unix_ns: u64,
    end_unix_ns: u64,
    limit: usize,
}

/// How far back is looked if it is not said, in milliseconds: Zipkin's day.
pub const LOOKBACK_MS: u64 = 24 * 3600 * 1000;
const LIMIT: usize = 10;
const MOST_TRACES: usize = 1_000_000;

/// From when until when, by `endTs` and `lookback`.
pub fn time(parameters: &Parameters) -> Result<(u64, u64), Wrong> {
    let positive = |name: &str| match parameters.number(name)? {
        Some(0) => Err(Wrong::new(name, "0", "must be positive")),
        number => Ok(number),
    };
    let end = match positive("endTs")? {
        Some(ms) => ms.saturating_mul(1_000_000),
        None => now_unix_ns(),
    };
    let lookback = positive("lookback")?.unwrap_or(LOOKBACK_MS);
    Ok((end.saturating_sub(lookback.saturating_mul(1_000_000)), end))
}

impl Search {
    pub fn asked(parameters: &Parameters) -> Result<Self, Wrong> {
        let name = |key: &str| parameters.get(key).map(str::to_lowercase);
        let (start_unix_ns, end_unix_ns) = time(parameters)?;
        let (min, max) = (
            parameters.number("minDuration")?,
            parameters.number("maxDuration")?,
        );
        if let Some(max) = max
            && min.is_none_or(|min| max < min)
        {
            return Err(Wrong::new(
                "maxDuration",
                &max.to_string(),
                "needs a minDuration that is not above it",
            ));
        }
        let annotations = parameters
            .get("annotationQuery")
            .unwrap_or_default()
            .split(" and ")
            .filter(|part| !part.trim().is_empty())
            .map(|part| {
                let (key, value) = part.split_once('=').unwrap_or((part, ""));
                (key.trim().to_owned(), value.trim().to_owned())
            });
        Ok(Self {
            service: name("serviceName"),
            remote_service: name("remoteServiceName"),
            // Zipkin has one name that means any.
            span_name: name("spanName").filter(|name| name != "all"),
            annotations: annotations.collect(),
            min_duration_us: min,
            max_duration_us: max,
            start_unix_ns,
            end_unix_ns,
            limit: parameters.limit("limit", LIMIT, MOST_TRACES)?,
        })
    }

    /// The traces that match, those that started last first.
    pub fn run(&self, lab: &Lab, watch: &Watch) -> Result<Vec<TraceId>, Stopped> {
        let time = self.start_unix_ns..=self.end_unix_ns;
        find::traces(lab, watch, self.limit, time, |trace| self.matches(trace))
    }

    fn matches(&self, trace: &TraceSpans) -> bool {
        if !(self.start_unix_ns..=self.end_unix_ns).contains(&timestamp(trace)) {
            return false;
        }
        let mut service = self.service.is_none();
        let mut remote = self.remote_service.is_none();
        let mut name = self.span_name.is_none();
        let mut duration = self.min_duration_us.is_none();
        let mut annotations: Vec<&(String, String)> = self.annotations.iter().collect();
        for span in trace.iter() {
            if let Some(wanted) = &self.service {
                if span.origin.service().to_lowercase() != *wanted {
                    continue;
                }
                service = true;
            }
            let basics = span.basics();
            name = name || Some(basics.name.to_lowercase()) == self.span_name;
            remote = remote || remote_service(&span) == self.remote_service;
            let us = basics.duration_ns() / 1000;
            duration = duration
                || (self.min_duration_us.is_none_or(|min| us >= min)
                    && self.max_duration_us.is_none_or(|max| us <= max));
            annotations.retain(|(key, value)| {
                let tagged = span
                    .attributes()
                    .chain(attributes(span.origin.resource(), RESOURCE_ATTRIBUTES))
                    .any(|(known, found)| known == key && (value.is_empty() || found.to_text() == *value));
                let annotated = value.is_empty() && span.events().any(|event| event_name(event) == key);
                !(tagged || annotated || key == "error" && basics.is_error() && says(&span, value))
            });
        }
        service && remote && name && duration && annotations.is_empty()
    }
}

/// Whether that is what the tag `error` of a span that failed would say.
fn says(span: &StoredSpan<'_>, value: &str) -> bool {
    match span.status_message() {
        // One that says nothing else is sent as `true`.
        "" => matches!(value, "" | "true"),
        message => value.is_empty() || value == message,
    }
}

/// When a trace began: its root, or else its earliest span.
pub fn timestamp(trace: &TraceSpans) -> u64 {
    trace
        .iter()
        .find(|span| !span.parent.is_valid())
        .map_or(trace.start_unix_ns(), |root| root.basics().start_unix_ns)
}
