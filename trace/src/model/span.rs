//! The span itself and what it shares with others: its resource and its scope.

use std::sync::Arc;

use super::{Attribute, Kind, StatusCode, Value};
use crate::id::{SpanId, TraceId};

/// One timed operation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Span {
    /// Who made it, shared by all spans of one process.
    pub resource: Arc<Resource>,
    /// What part of the program made it, shared as well.
    pub scope: Arc<Scope>,
    /// The trace that it belongs to.
    pub trace_id: TraceId,
    /// Its own identifier, unique in the trace unless somebody broke the rules.
    pub span_id: SpanId,
    /// What was sent as the parent, which may be all zero; see [`Span::parent`].
    pub parent_span_id: Option<SpanId>,
    /// The W3C trace state, unparsed.
    pub trace_state: String,
    /// The W3C trace flags in the low byte, and whether the parent is remote in bits 8 and 9.
    pub flags: u32,
    /// The operation.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Its start, in nanoseconds since 1970.
    pub start_unix_ns: u64,
    /// Its end, in nanoseconds since 1970; may lie before the start.
    pub end_unix_ns: u64,
    /// What is said about it.
    pub attributes: Vec<Attribute>,
    /// How many attributes the sender left out.
    pub dropped_attributes_count: u32,
    /// What happened during it.
    pub events: Vec<Event>,
    /// How many events the sender left out.
    pub dropped_events_count: u32,
    /// Spans that it has to do with, other than as their child.
    pub links: Vec<Link>,
    /// How many links the sender left out.
    pub dropped_links_count: u32,
    /// How it ended.
    pub status: Status,
}

impl Span {
    /// The parent, if it has one: all zero means none.
    pub fn parent(&self) -> Option<SpanId> {
        self.parent_span_id.filter(|id| id.is_valid())
    }

    /// End minus start in nanoseconds, 0 if the end lies before the start.
    pub fn duration_ns(&self) -> u64 {
        self.end_unix_ns.saturating_sub(self.start_unix_ns)
    }

    /// The `service.name` of its resource, or `unknown_service`, which is what the SDKs say in that case.
    pub fn service(&self) -> &str {
        self.resource.service().unwrap_or("unknown_service")
    }

    /// Whether its status is an error.
    pub fn is_error(&self) -> bool {
        self.status.code == StatusCode::ERROR
    }

    /// The value of its own attribute with this key.
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        Value::find(&self.attributes, key)
    }
}

/// Who made a span: a process, a host, a function, by attributes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resource {
    /// What is said about it, such as `service.name`.
    pub attributes: Vec<Attribute>,
    /// How many attributes the sender left out.
    pub dropped_attributes_count: u32,
    /// Entities that the attributes describe (in development in the specification).
    pub entity_refs: Vec<EntityRef>,
    /// The schema that the attributes' names follow.
    pub schema_url: String,
}

impl Resource {
    /// Its `service.name`.
    pub fn service(&self) -> Option<&str> {
        self.text("service.name")
    }

    /// Its `service.instance.id`.
    pub fn instance(&self) -> Option<&str> {
        self.text("service.instance.id")
    }

    fn text(&self, key: &str) -> Option<&str> {
        Value::find(&self.attributes, key).and_then(Value::as_str)
    }
}

/// Which attributes of a resource name and describe an entity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntityRef {
    /// The schema that the entity follows.
    pub schema_url: String,
    /// What it is, such as `host`.
    pub entity_type: String,
    /// The keys that identify it.
    pub id_keys: Vec<String>,
    /// The keys that describe it.
    pub description_keys: Vec<String>,
}

/// The part of a program that made a span, usually a library.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What else is said about it.
    pub attributes: Vec<Attribute>,
    /// How many attributes the sender left out.
    pub dropped_attributes_count: u32,
    /// The schema that the spans' names follow.
    pub schema_url: String,
}

/// Something that happened during a span.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// When, in nanoseconds since 1970.
    pub time_unix_ns: u64,
    /// What.
    pub name: String,
    /// What is said about it.
    pub attributes: Vec<Attribute>,
    /// How many attributes the sender left out.
    pub dropped_attributes_count: u32,
}

/// A reference to a span of this trace or another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Link {
    /// The other span's trace, if one was sent.
    pub trace_id: Option<TraceId>,
    /// The other span, if one was sent.
    pub span_id: Option<SpanId>,
    /// The other span's W3C trace state.
    pub trace_state: String,
    /// What is said about the reference.
    pub attributes: Vec<Attribute>,
    /// How many attributes the sender left out.
    pub dropped_attributes_count: u32,
    /// As a span's flags, of the other span.
    pub flags: u32,
}

/// How a span ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// The code.
    pub code: StatusCode,
    /// What went wrong, for a developer.
    pub message: String,
}
