//! Writing without an intermediate form: this is what keeps a recording receiver's cost low.

use std::io::Write as _;

use base64::Engine as _;

use super::out::{Object, array, double, string};
use crate::otlp::proto::{self, any_value};

pub fn document(groups: &[proto::ResourceSpans], out: &mut Vec<u8>) {
    let mut object = Object::new(out);
    array(groups, object.key("resourceSpans"), resource_spans);
    object.end();
}

fn resource_spans(group: &proto::ResourceSpans, out: &mut Vec<u8>) {
    let mut object = Object::new(out);
    if let Some(resource) = &group.resource {
        let mut inner = Object::new(object.key("resource"));
        inner.list("attributes", &resource.attributes, attribute);
        inner.number("droppedAttributesCount", resource.dropped_attributes_count.into());
        inner.list("entityRefs", &resource.entity_refs, entity_ref);
        inner.end();
    }
    array(&group.scope_spans, object.key("scopeSpans"), scope_spans);
    object.text("schemaUrl", &group.schema_url);
    object.end();
}

fn entity_ref(entity: &proto::EntityRef, out: &mut Vec<u8>) {
    let mut object = Object::new(out);
    object.text("schemaUrl", &entity.schema_url);
    object.text("type", &entity.r#type);
    object.list("idKeys", &entity.id_keys, |key, out| string(key, out));
    object.list("descriptionKeys", &entity.description_keys, |key, out| {
        string(key, out)
    });
    object.end();
}

fn scope_spans(group: &proto::ScopeSpans, out: &mut Vec<u8>) {
    let mut object = Object::new(out);
    if let Some(scope) = &group.scope {
        let mut inner = Object::new(object.key("scope"));
        inner.text("name", &scope.name);
        inner.text("version", &scope.version);
        inner.list("attributes", &scope.attributes, attribute);
        inner.number("droppedAttributesCount", scope.dropped_attributes_count.into());
        inner.end();
    }
    array(&group.spans, object.key("spans"), span);
    object.text("schemaUrl", &group.schema_url);
    object.end();
}

fn span(span: &proto::Span, out: &mut Vec<u8>) {
    let mut object = Object::new(out);
    object.id("traceId", &span.trace_id);
    object.id("spanId", &span.span_id);
    object.text("traceState", &span.trace_state);
    object.id("parentSpanId", &span.parent_span_id);
    object.number("flags", span.flags.into());
    object.text("name", &span.name);
    object.number("kind", span.kind.into());
    object.time("startTimeUnixNano", span.start_time_unix_nano);
    object.time("endTimeUnixNano", span.end_time_unix_nano);
    object.list("attributes", &span.attributes, attribute);
    object.number("droppedAttributesCount", span.dropped_attributes_count.into());
    object.list("events", &span.events, event);
    object.number("droppedEventsCount", span.dropped_events_count.into());
    object.list("links", &span.links, link);
    object.number("droppedLinksCount", span.dropped_links_count.into());
    if let Some(status) = &span.status {
        let mut inner = Object::new(object.key("status"));
        inner.text("message", &status.message);
        inner.number("code", status.code.into());
        inner.end();
    }
    object.end();
}

fn event(event: &proto::span::Event, out: &mut Vec<u8>) {
    let mut object = Object::new(out);
    object.time("timeUnixNano", event.time_unix_nano);
    object.text("name", &event.name);
    object.list("attributes", &event.attributes, attribute);
    object.number("droppedAttributesCount", event.dropped_attributes_count.into());
    object.end();
}

fn link(link: &proto::span::Link, out: &mut Vec<u8>) {
    let mut object = Object::new(out);
    object.id("traceId", &link.trace_id);
    object.id("spanId", &link.span_id);
    object.text("traceState", &link.trace_state);
    object.list("attributes", &link.attributes, attribute);
    object.number("droppedAttributesCount", link.dropped_attributes_count.into());
    object.number("flags", link.flags.into());
    object.end();
}

fn attribute(attribute: &proto::KeyValue, out: &mut Vec<u8>) {
    let mut object = Object::new(out);
    string(&attribute.key, object.key("key"));
    if let Some(value) = &attribute.value {
        self::value(value, object.key("value"));
    }
    object.end();
}

fn value(value: &proto::AnyValue, out: &mut Vec<u8>) {
    let mut object = Object::new(out);
    match &value.value {
        None => {}
        Some(any_value::Value::StringValue(text)) => string(text, object.key("stringValue")),
        Some(any_value::Value::BoolValue(truth)) => {
            let _ = write!(object.key("boolValue"), "{truth}");
        }
        Some(any_value::Value::IntValue(number)) => {
            let _ = write!(object.key("intValue"), "\"{number}\"");
        }
        Some(any_value::Value::DoubleValue(number)) => double(*number, object.key("doubleValue")),
        Some(any_value::Value::ArrayValue(list)) => {
            let mut inner = Object::new(object.key("arrayValue"));
            inner.list("values", &list.values, self::value);
            inner.end();
        }
        Some(any_value::Value::KvlistValue(map)) => {
            let mut inner = Object::new(object.key("kvlistValue"));
            inner.list("values", &map.values, attribute);
            inner.end();
        }
        Some(any_value::Value::BytesValue(bytes)) => {
            let text = base64::engine::general_purpose::STANDARD.encode(bytes);
            string(&text, object.key("bytesValue"));
        }
        // Only profiles have the table that this points into, and it has no form in JSON for traces.
        Some(any_value::Value::StringValueStrindex(_)) => {}
    }
    object.end();
}
