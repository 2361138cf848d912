//! Writing without an intermediate form: this is what keeps a recording receiver's cost low.

use std::io::Write as _;

use base64::Engine as _;

use super::Style;
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
        self::resource(resource, object.key("resource"));
    }
    array(&group.scope_spans, object.key("scopeSpans"), scope_spans);
    object.text("schemaUrl", &group.schema_url);
    object.end();
}

pub fn resource(resource: &proto::Resource, out: &mut Vec<u8>) {
    let mut object = Object::new(out);
    object.list("attributes", &resource.attributes, attribute);
    object.number("droppedAttributesCount", resource.dropped_attributes_count.into());
    object.list("entityRefs", &resource.entity_refs, entity_ref);
    object.end();
}

pub fn scope(scope: &proto::InstrumentationScope, out: &mut Vec<u8>) {
    let mut object = Object::new(out);
    object.text("name", &scope.name);
    object.text("version", &scope.version);
    object.list("attributes", &scope.attributes, attribute);
    object.number("droppedAttributesCount", scope.dropped_attributes_count.into());
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
        self::scope(scope, object.key("scope"));
    }
    array(&group.spans, object.key("spans"), |each, out| {
        span(each, Style::Specification, out);
    });
    object.text("schemaUrl", &group.schema_url);
    object.end();
}

pub fn span(span: &proto::Span, style: Style, out: &mut Vec<u8>) {
    let mut object = Object::new(out);
    id(&mut object, "traceId", &span.trace_id, style);
    id(&mut object, "spanId", &span.span_id, style);
    object.text("traceState", &span.trace_state);
    id(&mut object, "parentSpanId", &span.parent_span_id, style);
    object.number("flags", span.flags.into());
    object.text("name", &span.name);
    enumeration(&mut object, "kind", span.kind, &KINDS, style);
    object.time("startTimeUnixNano", span.start_time_unix_nano);
    object.time("endTimeUnixNano", span.end_time_unix_nano);
    object.list("attributes", &span.attributes, attribute);
    object.number("droppedAttributesCount", span.dropped_attributes_count.into());
    object.list("events", &span.events, event);
    object.number("droppedEventsCount", span.dropped_events_count.into());
    object.list("links", &span.links, |each, out| link(each, style, out));
    object.number("droppedLinksCount", span.dropped_links_count.into());
    if let Some(status) = &span.status {
        let mut inner = Object::new(object.key("status"));
        inner.text("message", &status.message);
        enumeration(&mut inner, "code", status.code, &STATUS_CODES, style);
        inner.end();
    }
    object.end();
}

const KINDS: [&str; 6] = [
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER",
];
const STATUS_CODES: [&str; 3] = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];

/// A number of an enumeration, unless it is 0; one without a name stays a number.
fn enumeration(object: &mut Object<'_>, key: &str, number: i32, names: &[&str], style: Style) {
    let name = usize::try_from(number).ok().and_then(|number| names.get(number));
    match (style, name) {
        (Style::Protobuf, Some(name)) if number != 0 => string(name, object.key(key)),
        _ => object.number(key, number.into()),
    }
}

fn id(object: &mut Object<'_>, key: &str, bytes: &[u8], style: Style) {
    match style {
        Style::Specification => object.id(key, bytes),
        Style::Protobuf => object.text(key, &base64::engine::general_purpose::STANDARD.encode(bytes)),
    }
}

fn event(event: &proto::span::Event, out: &mut Vec<u8>) {
    let mut object = Object::new(out);
    object.time("timeUnixNano", event.time_unix_nano);
    object.text("name", &event.name);
    object.list("attributes", &event.attributes, attribute);
    object.number("droppedAttributesCount", event.dropped_attributes_count.into());
    object.end();
}

fn link(link: &proto::span::Link, style: Style, out: &mut Vec<u8>) {
    let mut object = Object::new(out);
    id(&mut object, "traceId", &link.trace_id, style);
    id(&mut object, "spanId", &link.span_id, style);
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
