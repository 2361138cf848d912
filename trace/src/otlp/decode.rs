//! From protobuf types to the model. Equal resources and scopes are shared, also across requests.

use std::collections::HashMap;
use std::sync::Arc;

use super::proto::{self, any_value};
use crate::id::{SpanId, TraceId};
use crate::model::{
    Attribute, EntityRef, Event, Kind, Link, Resource, Scope, Span, Status, StatusCode, Value,
};

/// Why a span cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// A trace id is 16 bytes, not all zero.
    #[error("the trace id is not 16 bytes, or all zero")]
    TraceId,
    /// A span id is 8 bytes, not all zero.
    #[error("the span id is not 8 bytes, or all zero")]
    SpanId,
    /// A parent's id is 8 bytes or absent.
    #[error("the parent's span id is neither 8 bytes nor absent")]
    ParentSpanId,
    /// A link's ids are 16 and 8 bytes or absent.
    #[error("a link's ids are not of 16 and 8 bytes")]
    LinkId,
}

/// What came of a request: the spans in order, and why others were refused.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decoded {
    /// The spans that could be taken.
    pub spans: Vec<Span>,
    /// One entry a span that could not.
    pub refused: Vec<Refusal>,
}

/// Turns protobuf types into spans, and remembers resources and scopes, so that equal ones are held once.
#[derive(Debug, Default)]
pub struct Decoder {
    resources: HashMap<Vec<u8>, Arc<Resource>>,
    scopes: HashMap<Vec<u8>, Arc<Scope>>,
}

/// How many different resources, and scopes, are remembered before starting afresh.
const REMEMBERED: usize = 4096;

impl Decoder {
    /// A decoder that has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The spans of a request, a file's line or any other list of resources' spans.
    pub fn decode(&mut self, groups: Vec<proto::ResourceSpans>) -> Decoded {
        let mut decoded = Decoded::default();
        for group in groups {
            let resource = self.resource(group.resource.unwrap_or_default(), group.schema_url);
            for scope_spans in group.scope_spans {
                let scope = self.scope(scope_spans.scope.unwrap_or_default(), scope_spans.schema_url);
                for sent in scope_spans.spans {
                    match span(sent, &resource, &scope) {
                        Ok(span) => decoded.spans.push(span),
                        Err(refusal) => decoded.refused.push(refusal),
                    }
                }
            }
        }
        decoded
    }

    /// The shared form of a resource with the schema URL that was sent beside it.
    pub fn resource(&mut self, sent: proto::Resource, schema_url: String) -> Arc<Resource> {
        shared(&mut self.resources, key(&sent, &schema_url), || Resource {
            attributes: attributes(sent.attributes),
            dropped_attributes_count: sent.dropped_attributes_count,
            entity_refs: sent.entity_refs.into_iter().map(entity_ref).collect(),
            schema_url,
        })
    }

    /// The shared form of a scope with the schema URL that was sent beside it.
    pub fn scope(&mut self, sent: proto::InstrumentationScope, schema_url: String) -> Arc<Scope> {
        shared(&mut self.scopes, key(&sent, &schema_url), || Scope {
            name: sent.name,
            version: sent.version,
            attributes: attributes(sent.attributes),
            dropped_attributes_count: sent.dropped_attributes_count,
            schema_url,
        })
    }
}

fn key(message: &impl prost::Message, schema_url: &str) -> Vec<u8> {
    let mut key = message.encode_length_delimited_to_vec();
    key.extend_from_slice(schema_url.as_bytes());
    key
}

fn shared<T>(known: &mut HashMap<Vec<u8>, Arc<T>>, key: Vec<u8>, make: impl FnOnce() -> T) -> Arc<T> {
    if known.len() >= REMEMBERED && !known.contains_key(&key) {
        known.clear();
    }
    Arc::clone(known.entry(key).or_insert_with(|| Arc::new(make())))
}

/// One span, with the resource and scope that it was sent under.
pub fn span(sent: proto::Span, resource: &Arc<Resource>, scope: &Arc<Scope>) -> Result<Span, Refusal> {
    let trace_id = TraceId::from_slice(&sent.trace_id)
        .filter(|id| id.is_valid())
        .ok_or(Refusal::TraceId)?;
    let span_id = SpanId::from_slice(&sent.span_id)
        .filter(|id| id.is_valid())
        .ok_or(Refusal::SpanId)?;
    let parent_span_id = match sent.parent_span_id.as_slice() {
        [] => None,
        bytes => Some(SpanId::from_slice(bytes).ok_or(Refusal::ParentSpanId)?),
    };
    let status = sent.status.unwrap_or_default();
    Ok(Span {
        resource: Arc::clone(resource),
        scope: Arc::clone(scope),
        trace_id,
        span_id,
        parent_span_id,
        trace_state: sent.trace_state,
        flags: sent.flags,
        name: sent.name,
        kind: Kind(sent.kind),
        start_unix_ns: sent.start_time_unix_nano,
        end_unix_ns: sent.end_time_unix_nano,
        attributes: attributes(sent.attributes),
        dropped_attributes_count: sent.dropped_attributes_count,
        events: sent.events.into_iter().map(event).collect(),
        dropped_events_count: sent.dropped_events_count,
        links: sent.links.into_iter().map(link).collect::<Result<_, _>>()?,
        dropped_links_count: sent.dropped_links_count,
        status: Status {
            code: StatusCode(status.code),
            message: status.message,
        },
    })
}

fn event(sent: proto::span::Event) -> Event {
    Event {
        time_unix_ns: sent.time_unix_nano,
        name: sent.name,
        attributes: attributes(sent.attributes),
        dropped_attributes_count: sent.dropped_attributes_count,
    }
}

fn link(sent: proto::span::Link) -> Result<Link, Refusal> {
    let trace_id = match sent.trace_id.as_slice() {
        [] => None,
        bytes => Some(TraceId::from_slice(bytes).ok_or(Refusal::LinkId)?),
    };
    let span_id = match sent.span_id.as_slice() {
        [] => None,
        bytes => Some(SpanId::from_slice(bytes).ok_or(Refusal::LinkId)?),
    };
    Ok(Link {
        trace_id,
        span_id,
        trace_state: sent.trace_state,
        attributes: attributes(sent.attributes),
        dropped_attributes_count: sent.dropped_attributes_count,
        flags: sent.flags,
    })
}

fn entity_ref(sent: proto::EntityRef) -> EntityRef {
    EntityRef {
        schema_url: sent.schema_url,
        entity_type: sent.r#type,
        id_keys: sent.id_keys,
        description_keys: sent.description_keys,
    }
}

fn attributes(sent: Vec<proto::KeyValue>) -> Vec<Attribute> {
    sent.into_iter()
        .map(|pair| Attribute {
            key: pair.key,
            value: value(pair.value),
        })
        .collect()
}

// Recursion is bounded: both prost and serde_json refuse values nested deeper than about a hundred.
fn value(sent: Option<proto::AnyValue>) -> Value {
    match sent.and_then(|value| value.value) {
        None => Value::Empty,
        Some(any_value::Value::StringValue(text)) => Value::String(text),
        Some(any_value::Value::BoolValue(truth)) => Value::Bool(truth),
        Some(any_value::Value::IntValue(number)) => Value::Int(number),
        Some(any_value::Value::DoubleValue(number)) => Value::Double(number),
        Some(any_value::Value::ArrayValue(array)) => {
            Value::Array(array.values.into_iter().map(|item| value(Some(item))).collect())
        }
        Some(any_value::Value::KvlistValue(map)) => Value::Map(attributes(map.values)),
        Some(any_value::Value::BytesValue(bytes)) => Value::Bytes(bytes),
        Some(any_value::Value::StringValueStrindex(index)) => Value::StringIndex(index),
    }
}
