//! What a format without fields for it tells as key-value pairs of the span, by OpenTelemetry's own rules.
//!
//! Source: opentelemetry-specification `specification/common/mapping-to-non-otlp.md`, and for `span.kind` and
//! `w3c.tracestate`, which are not in it, what the OpenTelemetry Collector does.

use super::{Losses, native};
use crate::model::{Attribute, Kind, Scope, Span, Status, StatusCode, Value};

pub const SCOPE_NAME: &str = "otel.scope.name";
pub const SCOPE_VERSION: &str = "otel.scope.version";
/// The names that these two had before, still written by many.
pub const LIBRARY_NAME: &str = "otel.library.name";
pub const LIBRARY_VERSION: &str = "otel.library.version";
pub const KIND: &str = "span.kind";
pub const STATUS_CODE: &str = "otel.status_code";
pub const STATUS_DESCRIPTION: &str = "otel.status_description";
pub const ERROR: &str = "error";
pub const TRACE_STATE: &str = "w3c.tracestate";
pub const DROPPED_ATTRIBUTES: &str = "otel.dropped_attributes_count";
pub const DROPPED_EVENTS: &str = "otel.dropped_events_count";
pub const DROPPED_LINKS: &str = "otel.dropped_links_count";

/// What is lost here.
pub mod lost {
    pub const RESERVED: &str = "attributes: a key that the format gives a meaning of its own, left out";
    pub const KIND: &str = "kind: a number that is not known";
    pub const STATUS: &str = "status: a code that is not known";
    pub const FLAGS: &str = "flags";
    pub const SCOPE_ATTRIBUTES: &str = "scope: attributes, told as the span's";
    pub const SCOPE_DROPPED: &str = "scope: dropped attributes count";
    pub const SCOPE_SCHEMA: &str = "scope: schema URL";
    pub const RESOURCE_DROPPED: &str = "resource: dropped attributes count";
    pub const RESOURCE_SCHEMA: &str = "resource: schema URL";
    pub const RESOURCE_ENTITIES: &str = "resource: entity references";
    pub const PARENT_ZERO: &str = "parent: an id that is all zero";
}

/// Whether a span's own attribute with this key would be taken for something else.
pub fn is_reserved(key: &str) -> bool {
    matches!(
        key,
        SCOPE_NAME
            | SCOPE_VERSION
            | LIBRARY_NAME
            | LIBRARY_VERSION
            | KIND
            | STATUS_CODE
            | STATUS_DESCRIPTION
            | TRACE_STATE
            | DROPPED_ATTRIBUTES
            | DROPPED_EVENTS
            | DROPPED_LINKS
    )
}

/// The name of a kind in `span.kind`; none for what is not said and not known.
pub fn kind_name(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::INTERNAL => Some("internal"),
        Kind::SERVER => Some("server"),
        Kind::CLIENT => Some("client"),
        Kind::PRODUCER => Some("producer"),
        Kind::CONSUMER => Some("consumer"),
        _ => None,
    }
}

/// The kind of this name, in whatever case.
pub fn kind_of(name: &str) -> Option<Kind> {
    [
        Kind::INTERNAL,
        Kind::SERVER,
        Kind::CLIENT,
        Kind::PRODUCER,
        Kind::CONSUMER,
    ]
    .into_iter()
    .find(|kind| kind_name(*kind).is_some_and(|known| known.eq_ignore_ascii_case(name)))
}

/// The span's own attributes and its scope's, without those that would be taken for something else.
pub fn attributes<'a>(span: &'a Span, losses: &mut Losses) -> Vec<&'a Attribute> {
    losses.add_if(!span.scope.attributes.is_empty(), lost::SCOPE_ATTRIBUTES);
    let all = span.attributes.iter().chain(&span.scope.attributes);
    let (reserved, own): (Vec<_>, Vec<_>) = all.partition(|attribute| is_reserved(&attribute.key));
    reserved.iter().for_each(|_| losses.add(lost::RESERVED));
    own
}

/// The pairs that stand for fields. The status' code and message are left to those who have rules of their own.
pub fn fields(span: &Span, losses: &mut Losses) -> Vec<Attribute> {
    let mut pairs = Vec::new();
    let mut text = |key: &str, text: &str| {
        if !text.is_empty() {
            pairs.push(Attribute::new(key, text));
        }
    };
    text(SCOPE_NAME, &span.scope.name);
    text(SCOPE_VERSION, &span.scope.version);
    text(KIND, kind_name(span.kind).unwrap_or_default());
    text(TRACE_STATE, &span.trace_state);
    for (key, count) in [
        (DROPPED_ATTRIBUTES, span.dropped_attributes_count),
        (DROPPED_EVENTS, span.dropped_events_count),
        (DROPPED_LINKS, span.dropped_links_count),
    ] {
        if count > 0 {
            pairs.push(Attribute::new(key, i64::from(count)));
        }
    }
    losses.add_if(
        span.kind != Kind::UNSPECIFIED && kind_name(span.kind).is_none(),
        lost::KIND,
    );
    pairs
}

/// The name of a status code, which is not written if nothing was said.
pub fn status_name(code: StatusCode) -> Option<&'static str> {
    match code {
        StatusCode::OK => Some("OK"),
        StatusCode::ERROR => Some("ERROR"),
        _ => None,
    }
}

/// Counts what no format of this family says of resources and scopes.
pub fn unsaid(span: &Span, losses: &mut Losses) {
    let (resource, scope) = (&span.resource, &span.scope);
    losses.add_if(scope.dropped_attributes_count > 0, lost::SCOPE_DROPPED);
    losses.add_if(!scope.schema_url.is_empty(), lost::SCOPE_SCHEMA);
    losses.add_if(resource.dropped_attributes_count > 0, lost::RESOURCE_DROPPED);
    losses.add_if(!resource.schema_url.is_empty(), lost::RESOURCE_SCHEMA);
    losses.add_if(!resource.entity_refs.is_empty(), lost::RESOURCE_ENTITIES);
    losses.add_if(
        span.parent_span_id.is_some_and(|parent| !parent.is_valid()),
        lost::PARENT_ZERO,
    );
}

/// Takes the pairs that stand for fields out of a span's attributes and puts them where they belong. What has such a
/// key and makes no sense there stays an attribute. The scope is returned, for whoever shares it.
pub fn absorb(span: &mut Span) -> Scope {
    let mut scope = Scope::default();
    let mut status = Status::default();
    let attributes = std::mem::take(&mut span.attributes);
    span.attributes = attributes
        .into_iter()
        .filter_map(|attribute| {
            let taken = match (attribute.key.as_str(), &attribute.value) {
                // The older names say the same once more.
                (SCOPE_NAME | LIBRARY_NAME, Value::String(text)) => take(&mut scope.name, text),
                (SCOPE_VERSION | LIBRARY_VERSION, Value::String(text)) => take(&mut scope.version, text),
                (TRACE_STATE, Value::String(text)) => take(&mut span.trace_state, text),
                (STATUS_DESCRIPTION, Value::String(text)) => take(&mut status.message, text),
                (KIND, Value::String(text)) => match kind_of(text) {
                    Some(kind) => {
                        span.kind = kind;
                        true
                    }
                    None => false,
                },
                // The Collector's exporter to Zipkin writes the names of the protocol.
                (STATUS_CODE, Value::String(text)) => match text.trim_start_matches("STATUS_CODE_") {
                    "OK" | "Ok" => set(&mut status.code, StatusCode::OK),
                    "ERROR" | "Error" => set(&mut status.code, StatusCode::ERROR),
                    "UNSET" | "Unset" => true,
                    _ => false,
                },
                // Jaeger's own way of writing it before there were names.
                (STATUS_CODE, Value::Int(number)) => match number {
                    0..=2 => set(&mut status.code, StatusCode(*number as i32)),
                    _ => false,
                },
                (DROPPED_ATTRIBUTES, value) => count(&mut span.dropped_attributes_count, value),
                (DROPPED_EVENTS, value) => count(&mut span.dropped_events_count, value),
                (DROPPED_LINKS, value) => count(&mut span.dropped_links_count, value),
                _ => false,
            };
            (!taken).then_some(attribute)
        })
        .collect();
    span.status = status;
    scope
}

fn take(field: &mut String, text: &str) -> bool {
    if field.is_empty() {
        text.clone_into(field);
    }
    field == text
}

fn set(field: &mut StatusCode, code: StatusCode) -> bool {
    *field = code;
    true
}

/// A count as a number or as text.
pub fn count(field: &mut u32, value: &Value) -> bool {
    let read = match value {
        Value::Int(number) => u32::try_from(*number).ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    read.inspect(|number| *field = *number).is_some()
}

/// Whether this is an attribute `error` that says there was one.
pub fn is_error_tag(attribute: &Attribute) -> bool {
    attribute.key == ERROR
        && match &attribute.value {
            Value::Bool(truth) => *truth,
            Value::String(text) => text == "true",
            _ => false,
        }
}

/// A value as text: text as it is, an empty one as no text, bytes as base64, the rest as JSON.
pub fn as_text(value: &Value) -> String {
    match value {
        Value::Empty => String::new(),
        Value::String(text) => text.clone(),
        other => {
            // Whoever tells a value as text counts that; what gets lost within is part of it.
            let text = native::text(other, &mut Losses::default());
            match other {
                // Of these, JSON's form is text in quotes.
                Value::Bytes(_) | Value::Double(_) => text.trim_matches('"').to_owned(),
                _ => text,
            }
        }
    }
}
