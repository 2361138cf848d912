//! Jaeger's span, whatever it was encoded in, and how it becomes a span of the model.

use crate::formats::shared::Shared;
use crate::formats::tags;
use crate::id::{SpanId, TraceId};
use crate::model::{Attribute, Event, Link, Resource, Span, StatusCode, Value};

/// The key under which Jaeger keeps what it found wrong with a span.
pub const WARNINGS: &str = "@jaeger@warnings";
/// The key that tells a further `CHILD_OF` reference from other links.
pub const REFERENCE_TYPE: &str = "opentracing.ref_type";
/// The key of a log's field that is an event's name.
pub const EVENT: &str = "event";

/// A span as Jaeger's clients and API have it. Times and durations are in microseconds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JaegerSpan {
    /// Its trace.
    pub trace_id: TraceId,
    /// Its own id.
    pub span_id: SpanId,
    /// The parent as clients of the first years sent it; all zero for none.
    pub parent_span_id: SpanId,
    /// Sampled (1), debug (2) and what else was sent.
    pub flags: u32,
    /// The operation.
    pub operation: String,
    /// Other spans that it has to do with, its parent among them.
    pub references: Vec<Reference>,
    /// Its start since 1970.
    pub start_us: u64,
    /// How long it took.
    pub duration_us: u64,
    /// What is said about it.
    pub tags: Vec<Attribute>,
    /// What happened during it.
    pub logs: Vec<Log>,
    /// What Jaeger found wrong with it.
    pub warnings: Vec<String>,
}

/// Another span and what it is to this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// `CHILD_OF`, and not `FOLLOWS_FROM`.
    pub child_of: bool,
    /// The other span's trace.
    pub trace_id: TraceId,
    /// The other span.
    pub span_id: SpanId,
}

/// Something that happened, in microseconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// When.
    pub time_us: u64,
    /// What, as pairs; `event` is its name.
    pub fields: Vec<Attribute>,
}

/// A process as a resource: the service's name first, then the tags.
pub fn resource(service: &str, tags: Vec<Attribute>) -> Resource {
    let mut attributes = vec![Attribute::new("service.name", service)];
    attributes.extend(tags);
    Resource {
        attributes,
        ..Resource::default()
    }
}

impl JaegerSpan {
    /// The span of the model, made by `resource`.
    pub fn into_span(self, resource: Resource, shared: &mut Shared) -> Span {
        let mut span = Span {
            resource: shared.resource(resource),
            trace_id: self.trace_id,
            span_id: self.span_id,
            parent_span_id: parent(&self),
            flags: self.flags,
            name: self.operation,
            start_unix_ns: self.start_us.saturating_mul(1000),
            end_unix_ns: self
                .start_us
                .saturating_mul(1000)
                .saturating_add(self.duration_us.saturating_mul(1000)),
            attributes: self.tags,
            events: self.logs.into_iter().map(event).collect(),
            ..Span::default()
        };
        span.links = links(&self.references, span.trace_id, span.parent_span_id);
        let scope = tags::absorb(&mut span);
        span.scope = shared.scope(scope);
        error_tag(&mut span);
        if !self.warnings.is_empty() {
            let warnings = self.warnings.into_iter().map(Value::String).collect();
            span.attributes
                .push(Attribute::new(WARNINGS, Value::Array(warnings)));
        }
        span
    }
}

/// The first `CHILD_OF` of the same trace, or else the first `FOLLOWS_FROM`, as Jaeger itself has it; or else what
/// clients of the first years sent.
fn parent(span: &JaegerSpan) -> Option<SpanId> {
    let same = |reference: &&Reference| reference.trace_id == span.trace_id && reference.span_id.is_valid();
    let first = |child_of| {
        let mut same = span.references.iter().filter(same);
        same.find(|reference| reference.child_of == child_of)
    };
    let reference = first(true).or_else(|| first(false));
    reference
        .map(|reference| reference.span_id)
        .or(Some(span.parent_span_id).filter(|id| id.is_valid()))
}

/// All references but the one that is the parent by `CHILD_OF`.
fn links(references: &[Reference], trace_id: TraceId, parent: Option<SpanId>) -> Vec<Link> {
    let mut parent = parent;
    let mut links = Vec::new();
    for reference in references {
        if reference.child_of && reference.trace_id == trace_id && parent == Some(reference.span_id) {
            parent = None;
            continue;
        }
        links.push(Link {
            trace_id: Some(reference.trace_id),
            span_id: Some(reference.span_id),
            attributes: match reference.child_of {
                true => vec![Attribute::new(REFERENCE_TYPE, "child_of")],
                false => Vec::new(),
            },
            ..Link::default()
        });
    }
    links
}

fn event(log: Log) -> Event {
    let mut fields = log.fields;
    let named = |field: &Attribute| field.key == EVENT && field.value.as_str().is_some();
    let name = match fields
        .iter()
        .position(named)
        .map(|place| fields.remove(place).value)
    {
        Some(Value::String(name)) => name,
        _ => String::new(),
    };
    let mut dropped = 0;
    fields.retain(|field| field.key != tags::DROPPED_ATTRIBUTES || !tags::count(&mut dropped, &field.value));
    Event {
        time_unix_ns: log.time_us.saturating_mul(1000),
        name,
        attributes: fields,
        dropped_attributes_count: dropped,
    }
}

/// `error` beside a status says it once more and goes; alone it is how a status was said before there was one, and
/// stays.
fn error_tag(span: &mut Span) {
    match (
        span.status.code,
        span.attributes.iter().rposition(tags::is_error_tag),
    ) {
        (StatusCode::ERROR, Some(place)) => drop(span.attributes.remove(place)),
        (StatusCode::UNSET, Some(_)) => span.status.code = StatusCode::ERROR,
        _ => {}
    }
}
