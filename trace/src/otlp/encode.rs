//! From the model to protobuf types, spans of one resource and scope together.

use std::collections::HashMap;
use std::sync::Arc;

use super::proto::{self, any_value};
use crate::model::{Attribute, EntityRef, Event, Link, Resource, Scope, Span, Value};

/// All spans in OTLP's grouping: by resource, then by scope, each in the order of first appearance.
pub fn resource_spans<'a>(spans: impl IntoIterator<Item = &'a Span>) -> Vec<proto::ResourceSpans> {
    let mut groups: Vec<proto::ResourceSpans> = Vec::new();
    let mut resources: HashMap<*const Resource, usize> = HashMap::new();
    let mut scopes: HashMap<(usize, *const Scope), usize> = HashMap::new();
    for each in spans {
        let group = *resources.entry(Arc::as_ptr(&each.resource)).or_insert_with(|| {
            groups.push(proto::ResourceSpans {
                resource: Some(resource(&each.resource)),
                scope_spans: Vec::new(),
                schema_url: each.resource.schema_url.clone(),
            });
            groups.len() - 1
        });
        let members = &mut groups[group].scope_spans;
        let member = *scopes
            .entry((group, Arc::as_ptr(&each.scope)))
            .or_insert_with(|| {
                members.push(proto::ScopeSpans {
                    scope: Some(scope(&each.scope)),
                    spans: Vec::new(),
                    schema_url: each.scope.schema_url.clone(),
                });
                members.len() - 1
            });
        members[member].spans.push(span(each));
    }
    groups
}

/// A whole export request.
pub fn request<'a>(spans: impl IntoIterator<Item = &'a Span>) -> proto::ExportTraceServiceRequest {
    proto::ExportTraceServiceRequest {
        resource_spans: resource_spans(spans),
    }
}

/// One span, without its resource and scope.
pub fn span(span: &Span) -> proto::Span {
    let status = (span.status != Default::default()).then(|| proto::Status {
        code: span.status.code.0,
        message: span.status.message.clone(),
    });
    proto::Span {
        trace_id: span.trace_id.0.to_vec(),
        span_id: span.span_id.0.to_vec(),
        trace_state: span.trace_state.clone(),
        parent_span_id: span.parent_span_id.map(|id| id.0.to_vec()).unwrap_or_default(),
        flags: span.flags,
        name: span.name.clone(),
        kind: span.kind.0,
        start_time_unix_nano: span.start_unix_ns,
        end_time_unix_nano: span.end_unix_ns,
        attributes: attributes(&span.attributes),
        dropped_attributes_count: span.dropped_attributes_count,
        events: span.events.iter().map(event).collect(),
        dropped_events_count: span.dropped_events_count,
        links: span.links.iter().map(link).collect(),
        dropped_links_count: span.dropped_links_count,
        status,
    }
}

/// A resource, without its schema URL, which stands beside it in OTLP.
pub fn resource(resource: &Resource) -> proto::Resource {
    proto::Resource {
        attributes: attributes(&resource.attributes),
        dropped_attributes_count: resource.dropped_attributes_count,
        entity_refs: resource.entity_refs.iter().map(entity_ref).collect(),
    }
}

/// A scope, without its schema URL, which stands beside it in OTLP.
pub fn scope(scope: &Scope) -> proto::InstrumentationScope {
    proto::InstrumentationScope {
        name: scope.name.clone(),
        version: scope.version.clone(),
        attributes: attributes(&scope.attributes),
        dropped_attributes_count: scope.dropped_attributes_count,
    }
}

fn entity_ref(entity: &EntityRef) -> proto::EntityRef {
    proto::EntityRef {
        schema_url: entity.schema_url.clone(),
        r#type: entity.entity_type.clone(),
        id_keys: entity.id_keys.clone(),
        description_keys: entity.description_keys.clone(),
    }
}

fn event(event: &Event) -> proto::span::Event {
    proto::span::Event {
        time_unix_nano: event.time_unix_ns,
        name: event.name.clone(),
        attributes: attributes(&event.attributes),
        dropped_attributes_count: event.dropped_attributes_count,
    }
}

fn link(link: &Link) -> proto::span::Link {
    proto::span::Link {
        trace_id: link.trace_id.map(|id| id.0.to_vec()).unwrap_or_default(),
        span_id: link.span_id.map(|id| id.0.to_vec()).unwrap_or_default(),
        trace_state: link.trace_state.clone(),
        attributes: attributes(&link.attributes),
        dropped_attributes_count: link.dropped_attributes_count,
        flags: link.flags,
    }
}

fn attributes(attributes: &[Attribute]) -> Vec<proto::KeyValue> {
    attributes
        .iter()
        .map(|attribute| proto::KeyValue {
            key: attribute.key.clone(),
            value: Some(value(&attribute.value)),
            key_strindex: 0,
        })
        .collect()
}

fn value(value: &Value) -> proto::AnyValue {
    let value = match value {
        Value::Empty => None,
        Value::String(text) => Some(any_value::Value::StringValue(text.clone())),
        Value::Bool(truth) => Some(any_value::Value::BoolValue(*truth)),
        Value::Int(number) => Some(any_value::Value::IntValue(*number)),
        Value::Double(number) => Some(any_value::Value::DoubleValue(*number)),
        Value::Array(values) => Some(any_value::Value::ArrayValue(proto::ArrayValue {
            values: values.iter().map(self::value).collect(),
        })),
        Value::Map(entries) => Some(any_value::Value::KvlistValue(proto::KeyValueList {
            values: attributes(entries),
        })),
        Value::Bytes(bytes) => Some(any_value::Value::BytesValue(bytes.clone())),
        Value::StringIndex(index) => Some(any_value::Value::StringValueStrindex(*index)),
    };
    proto::AnyValue { value }
}
