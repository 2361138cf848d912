//! Writing: a document a line, one for each span.

use std::collections::HashMap;
use std::io::Write as _;

use super::document::{FORMAT, trace_id_text};
use crate::formats::{Losses, decimal, native, sidecar, tags};
use crate::id::{SpanId, TraceId};
use crate::model::{Attribute, Kind, Span, Value};
use crate::otlp::json::out::{Object, array, string};

/// What this format loses, beside what plain JSON does.
pub mod lost {
    /// Said by X-Ray's documentation; the document is written all the same.
    pub const LARGE: &str = "documents over 64 kB, which X-Ray refuses";
}

/// The most bytes of a document that X-Ray takes.
const LARGEST: usize = 64 * 1024;

/// The most annotations that X-Ray indexes of a trace.
const ANNOTATIONS: usize = 50;

/// All spans as documents, one a line.
pub fn write(spans: &[Span], losses: &mut Losses) -> Vec<u8> {
    let services: HashMap<(TraceId, SpanId), &str> = spans
        .iter()
        .map(|span| ((span.trace_id, span.span_id), span.service()))
        .collect();
    let mut out = Vec::new();
    for each in spans {
        let start = out.len();
        let parent = each
            .parent()
            .and_then(|parent| services.get(&(each.trace_id, parent)));
        let inside = parent == Some(&each.service()) && !matches!(each.kind, Kind::SERVER | Kind::CONSUMER);
        document(each, inside, losses, &mut out);
        losses.add_if(out.len() - start > LARGEST, lost::LARGE);
        out.push(b'\n');
    }
    out
}

/// One document: a subsegment if it is inside of its parent's service, a segment if it is where a service begins.
fn document(span: &Span, inside: bool, losses: &mut Losses, into: &mut Vec<u8>) {
    losses.add_if(
        span.parent_span_id.is_some_and(|parent| !parent.is_valid()),
        tags::lost::PARENT_ZERO,
    );
    let mut object = Object::new(into);
    string(
        &name(if inside { &span.name } else { span.service() }),
        object.key("name"),
    );
    object.id("id", &span.span_id.0);
    object.text("trace_id", &trace_id_text(span.trace_id));
    if let Some(parent) = span.parent() {
        object.id("parent_id", &parent.0);
    }
    for (key, time) in [("start_time", span.start_unix_ns), ("end_time", span.end_unix_ns)] {
        object
            .key(key)
            .extend_from_slice(decimal::write(time.into(), 9).as_bytes());
    }
    if inside {
        object.text("type", "subsegment");
        let calls = matches!(span.kind, Kind::CLIENT | Kind::PRODUCER);
        object.text("namespace", if calls { "remote" } else { "" });
    }
    failure(span, &mut object);
    blocks(span, inside, &mut object);
    annotations(span, &mut object);
    metadata(span, &mut object, losses);
    object.end();
}

/// A name as X-Ray takes it: 200 characters at most, of some that it names.
fn name(text: &str) -> String {
    let fits = |it: char| it.is_alphanumeric() || " _.:/%&#=+\\-@".contains(it);
    let name: String = text
        .chars()
        .map(|it| if fits(it) { it } else { '_' })
        .take(200)
        .collect();
    if name.is_empty() { "-".to_owned() } else { name }
}

fn status_code(span: &Span) -> Option<i64> {
    ["http.response.status_code", "http.status_code"]
        .iter()
        .find_map(|key| span.attribute(key)?.as_int())
}

/// A client's mistake is an `error`, being asked to slow down a `throttle` too, anything else a `fault`.
fn failure(span: &Span, object: &mut Object<'_>) {
    if !span.is_error() {
        return;
    }
    let code = status_code(span);
    let flags: &[&str] = match code {
        Some(429) => &["error", "throttle"],
        Some(400..=499) => &["error"],
        _ => &["fault"],
    };
    for flag in flags {
        object.key(flag).extend_from_slice(b"true");
    }
    let exceptions: Vec<_> = span
        .events
        .iter()
        .filter(|event| event.name == "exception")
        .enumerate()
        .collect();
    let mut cause = Object::new(object.key("cause"));
    array(&exceptions, cause.key("exceptions"), |(place, event), into| {
        let text = |key: &str| {
            Value::find(&event.attributes, key)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let mut exception = Object::new(into);
        // An id of its own, which two exceptions of one span do not share.
        let id = u64::from_be_bytes(span.span_id.0).wrapping_add(*place as u64 + 1);
        exception.id("id", &id.to_be_bytes());
        exception.text("type", text("exception.type"));
        exception.text("message", text("exception.message"));
        exception.end();
    });
    cause.end();
}

/// The blocks that X-Ray knows, from the attributes that say the same.
fn blocks(span: &Span, inside: bool, object: &mut Object<'_>) {
    let text = |keys: &[&str]| {
        let found = keys.iter().find_map(|key| span.attribute(key));
        found.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let method = text(&["http.request.method", "http.method"]);
    let code = status_code(span);
    if !method.is_empty() || code.is_some() {
        let mut http = Object::new(object.key("http"));
        let mut request = Object::new(http.key("request"));
        request.text("method", &method);
        request.text("url", &text(&["url.full", "http.url", "url.path"]));
        request.text("user_agent", &text(&["user_agent.original", "http.user_agent"]));
        request.text("client_ip", &text(&["client.address", "http.client_ip"]));
        request.end();
        let mut response = Object::new(http.key("response"));
        response.number("status", code.unwrap_or_default());
        response.end();
        http.end();
    }
    let query = text(&["db.query.text", "db.statement"]);
    if inside && !query.is_empty() {
        let mut sql = Object::new(object.key("sql"));
        sql.text("sanitized_query", &query);
        sql.text("database_type", &text(&["db.system.name", "db.system"]));
        sql.end();
    }
    let resource = |key: &str| Value::find(&span.resource.attributes, key).and_then(Value::as_str);
    let aws = [
        (
            "account_id",
            resource("cloud.account.id").unwrap_or_default().to_owned(),
        ),
        ("region", resource("cloud.region").unwrap_or_default().to_owned()),
        ("operation", text(&["aws.operation"])),
        ("request_id", text(&["aws.request_id"])),
        ("table_name", text(&["aws.table_name"])),
        ("queue_url", text(&["aws.queue_url"])),
    ];
    if aws.iter().any(|(_, text)| !text.is_empty()) {
        let mut block = Object::new(object.key("aws"));
        aws.iter().for_each(|(key, text)| block.text(key, text));
        block.end();
    }
    if let (false, Some(version)) = (inside, resource("service.version")) {
        let mut service = Object::new(object.key("service"));
        service.text("version", version);
        service.end();
    }
    object.text("user", &text(&["enduser.id"]));
}

/// What can be searched for: values that are text, numbers or truths, under keys of letters, digits and underscores.
fn annotations(span: &Span, object: &mut Object<'_>) {
    let mut taken: Vec<(String, &Value)> = Vec::new();
    for Attribute { key, value } in &span.attributes {
        let simple = match value {
            Value::String(_) | Value::Bool(_) | Value::Int(_) => true,
            Value::Double(number) => number.is_finite(),
            _ => false,
        };
        let key: String = key
            .chars()
            .map(|it| if it.is_ascii_alphanumeric() { it } else { '_' })
            .collect();
        if simple && taken.len() < ANNOTATIONS && !taken.iter().any(|(known, _)| *known == key) {
            taken.push((key, value));
        }
    }
    if !taken.is_empty() {
        let mut annotations = Object::new(object.key("annotations"));
        for (key, value) in taken {
            // What is lost of values is counted where they are written in full.
            native::write(value, annotations.any_key(&key), &mut Losses::default());
        }
        annotations.end();
    }
}

/// The span in full.
fn metadata(span: &Span, object: &mut Object<'_>, losses: &mut Losses) {
    let mut metadata = Object::new(object.key("metadata"));
    let mut otel = Object::new(metadata.key("otel"));
    otel.text("format", FORMAT);
    otel.text("name", &span.name);
    sidecar::write(span, &mut otel, losses);
    sidecar::write_resource(&span.resource, &mut otel, losses);
    if !span.events.is_empty() {
        array(&span.events, otel.key("events"), |event, into| {
            let mut object = Object::new(into);
            let _ = write!(object.key("time_unix_ns"), "\"{}\"", event.time_unix_ns);
            object.text("name", &event.name);
            sidecar::write_event(event, &mut object, losses);
            object.end();
        });
    }
    otel.end();
    metadata.end();
}
