//! Writing without an intermediate form: this is what keeps a recording receiver's cost low.

use std::io::Write as _;

use base64::Engine as _;

use crate::id::hex;
use crate::otlp::proto::{self, any_value};

/// One JSON object under construction: remembers whether a comma is due.
struct Object<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Object<'a> {
    fn new(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    fn end(self) {
        self.out.push(b'}');
    }

    fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            string(text, self.key(key));
        }
    }

    fn number(&mut self, key: &str, number: i64) {
        if number != 0 {
            let _ = write!(self.key(key), "{number}");
        }
    }

    /// A 64-bit integer, which JSON's readers would round, so it is text. Times are written even if 0.
    fn time(&mut self, key: &str, number: u64) {
        let _ = write!(self.key(key), "\"{number}\"");
    }

    fn id(&mut self, key: &str, bytes: &[u8]) {
        if !bytes.is_empty() {
            let out = self.key(key);
            out.push(b'"');
            let start = out.len();
            out.resize(start + bytes.len() * 2, 0);
            hex(bytes, &mut out[start..]);
            out.push(b'"');
        }
    }

    fn list<T>(&mut self, key: &str, items: &[T], write: impl Fn(&T, &mut Vec<u8>)) {
        if !items.is_empty() {
            array(items, self.key(key), write);
        }
    }
}

fn array<T>(items: &[T], out: &mut Vec<u8>, write: impl Fn(&T, &mut Vec<u8>)) {
    out.push(b'[');
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

fn string(text: &str, out: &mut Vec<u8>) {
    // Writing a string into a vector cannot fail.
    let _ = serde_json::to_writer(out, text);
}

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

fn double(number: f64, out: &mut Vec<u8>) {
    let _ = if number.is_nan() {
        out.write_all(b"\"NaN\"")
    } else if number.is_infinite() {
        out.write_all(if number > 0.0 {
            b"\"Infinity\""
        } else {
            b"\"-Infinity\""
        })
    } else {
        // Rust's shortest form that reads back as the same number, −0.0 included.
        write!(out, "{number:?}")
    };
}
