//! Writing: the v1 form trace by trace, and the v3 form, which is OTLP.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;

use base64::Engine as _;

use super::model::{EVENT, REFERENCE_TYPE, WARNINGS};
use crate::formats::{Losses, native, tags};
use crate::id::{SpanId, TraceId};
use crate::model::{Attribute, Event, Resource, Span, StatusCode, Value};
use crate::otlp::encode;
use crate::otlp::json::out::{Object, array, double, string};

/// What this format loses, beside what [`tags`] does.
pub mod lost {
    /// Times are whole microseconds.
    pub const START: &str = "start: below a microsecond";
    /// Durations are whole microseconds.
    pub const DURATION: &str = "duration: below a microsecond";
    /// Durations are not negative.
    pub const NEGATIVE: &str = "duration: an end before the start, told as 0";
    /// Times are whole microseconds.
    pub const EVENT_TIME: &str = "events: time below a microsecond";
    /// Tags are of four types and bytes.
    pub const VALUE: &str = "attribute values: lists, objects and empty ones, told as text";
    /// A reference is two ids.
    pub const LINK: &str = "links: attributes, trace state, flags and dropped attributes count";
    /// A reference is two ids.
    pub const LINK_ID: &str = "links: one without both ids, left out";
    /// Jaeger takes a reference into the same trace for the parent if there is no other.
    pub const PARENT: &str = "parent: a root that links into its own trace is taken for the other's child";
    /// A process has a name.
    pub const SERVICE: &str = "resource: no service.name as text, told as `unknown_service`";
    /// Jaeger knows errors by their tag.
    pub const STATUS: &str = "status: unset beside an attribute `error` that is true, taken for an error";
}

/// All spans, trace by trace, as the page downloads them: `{"data":[…],"total":0,…}`.
pub fn write_traces(spans: &[Span], losses: &mut Losses) -> Vec<u8> {
    let mut order: Vec<Vec<&Span>> = Vec::new();
    let mut places: HashMap<TraceId, usize> = HashMap::new();
    for span in spans {
        let place = *places.entry(span.trace_id).or_insert_with(|| {
            order.push(Vec::new());
            order.len() - 1
        });
        order[place].push(span);
    }
    let mut json = br#"{"data":["#.to_vec();
    for (position, trace) in order.iter().enumerate() {
        if position > 0 {
            json.push(b',');
        }
        write_trace(trace.iter().copied(), losses, &mut json);
    }
    let _ = write!(
        json,
        r#"],"total":{},"limit":0,"offset":0,"errors":null}}"#,
        order.len()
    );
    json
}

/// Appends one trace as the value that stands in `data`: `{"traceID":…,"spans":[…],"processes":{…},"warnings":null}`.
pub fn write_trace<'a>(spans: impl IntoIterator<Item = &'a Span>, losses: &mut Losses, into: &mut Vec<u8>) {
    let spans: Vec<&Span> = spans.into_iter().collect();
    let mut processes = Processes::default();
    let mut object = Object::new(into);
    object.id(
        "traceID",
        &spans.first().map(|span| span.trace_id).unwrap_or_default().0,
    );
    let list = object.key("spans");
    list.push(b'[');
    for (position, each) in spans.iter().enumerate() {
        if position > 0 {
            list.push(b',');
        }
        let process = processes.place(&each.resource);
        span(each, process, losses, list);
    }
    list.push(b']');
    processes.write(object.key("processes"), losses);
    object.key("warnings").extend_from_slice(b"null");
    object.end();
}

/// The v3 form: OTLP, as `{"result":{"resourceSpans":[…]}}`. Nothing is lost.
pub fn write_v3<'a>(spans: impl IntoIterator<Item = &'a Span>) -> Vec<u8> {
    let mut json = br#"{"result":"#.to_vec();
    crate::otlp::json::write(&encode::resource_spans(spans), &mut json);
    json.push(b'}');
    json
}

/// The resources of a trace, which its spans name `p1`, `p2` and so on.
#[derive(Default)]
struct Processes<'a> {
    places: HashMap<*const Resource, usize>,
    resources: Vec<&'a Resource>,
}

impl<'a> Processes<'a> {
    fn place(&mut self, resource: &'a Arc<Resource>) -> usize {
        *self.places.entry(Arc::as_ptr(resource)).or_insert_with(|| {
            self.resources.push(resource);
            self.resources.len()
        })
    }

    fn write(&self, into: &mut Vec<u8>, losses: &mut Losses) {
        let mut all = Object::new(into);
        for (position, resource) in self.resources.iter().enumerate() {
            let mut object = Object::new(all.key(&format!("p{}", position + 1)));
            let service = resource.service();
            string(service.unwrap_or("unknown_service"), object.key("serviceName"));
            // What was just written as the name is not written once more.
            let named = service.and_then(|_| {
                let mut all = resource.attributes.iter();
                all.position(|attribute| attribute.key == "service.name")
            });
            let all = resource.attributes.iter().enumerate();
            let others: Vec<&Attribute> = all
                .filter_map(|(place, attribute)| (Some(place) != named).then_some(attribute))
                .collect();
            tag_list(&others, losses, object.key("tags"));
            object.end();
        }
        all.end();
    }
}

fn span(span: &Span, process: usize, losses: &mut Losses, into: &mut Vec<u8>) {
    tags::unsaid(span, losses);
    losses.add_if(span.resource.service().is_none(), lost::SERVICE);
    let (start, duration) = (span.start_unix_ns / 1000, span.duration_ns() / 1000);
    losses.add_if(!span.start_unix_ns.is_multiple_of(1000), lost::START);
    losses.add_if(!span.duration_ns().is_multiple_of(1000), lost::DURATION);
    losses.add_if(span.end_unix_ns < span.start_unix_ns, lost::NEGATIVE);

    let mut object = Object::new(into);
    object.id("traceID", &span.trace_id.0);
    object.id("spanID", &span.span_id.0);
    object.number("flags", span.flags.into());
    string(&span.name, object.key("operationName"));
    references(span, losses, object.key("references"));
    let _ = write!(object.key("startTime"), "{start}");
    let _ = write!(object.key("duration"), "{duration}");

    let extra = extra(span, losses);
    let mut all = tags::attributes(span, losses);
    let found = all
        .iter()
        .position(|attribute| attribute.key == WARNINGS && warnings(&attribute.value).is_some())
        .map(|place| all.remove(place));
    all.extend(&extra);
    tag_list(&all, losses, object.key("tags"));
    array(&span.events, object.key("logs"), |event, into| {
        log(event, losses, into)
    });
    let _ = write!(object.key("processID"), "\"p{process}\"");
    match found.and_then(|attribute| warnings(&attribute.value)) {
        Some(texts) => array(&texts, object.key("warnings"), |text, into| string(text, into)),
        None => object.key("warnings").extend_from_slice(b"null"),
    }
    object.end();
}

/// The parent first, as readers look for the first `CHILD_OF`, then the links.
fn references(span: &Span, losses: &mut Losses, into: &mut Vec<u8>) {
    let mut all: Vec<(bool, TraceId, SpanId)> = Vec::new();
    all.extend(span.parent().map(|parent| (true, span.trace_id, parent)));
    for link in &span.links {
        let (Some(trace_id), Some(span_id)) = (link.trace_id.filter(|id| id.is_valid()), link.span_id) else {
            losses.add(lost::LINK_ID);
            continue;
        };
        let inside = trace_id == span.trace_id && span.parent().is_none();
        let child_of = !inside && link.attributes == [Attribute::new(REFERENCE_TYPE, "child_of")];
        let said = link.trace_state.is_empty()
            && link.flags == 0
            && link.dropped_attributes_count == 0
            && (child_of || link.attributes.is_empty());
        losses.add_if(!said, lost::LINK);
        losses.add_if(inside && span_id.is_valid(), lost::PARENT);
        all.push((child_of, trace_id, span_id));
    }
    array(&all, into, |(child_of, trace_id, span_id), into| {
        let mut object = Object::new(into);
        object.text("refType", if *child_of { "CHILD_OF" } else { "FOLLOWS_FROM" });
        object.id("traceID", &trace_id.0);
        object.id("spanID", &span_id.0);
        object.end();
    });
}

/// The tags that stand for fields.
fn extra(span: &Span, losses: &mut Losses) -> Vec<Attribute> {
    let mut extra = tags::fields(span, losses);
    let status = &span.status;
    if let Some(name) = tags::status_name(status.code) {
        extra.push(Attribute::new(tags::STATUS_CODE, name));
    } else {
        losses.add_if(status.code != StatusCode::UNSET, tags::lost::STATUS);
        let all = span.attributes.iter().chain(&span.scope.attributes);
        losses.add_if(all.into_iter().any(tags::is_error_tag), lost::STATUS);
    }
    if span.is_error() {
        extra.push(Attribute::new(tags::ERROR, true));
    }
    if !status.message.is_empty() {
        extra.push(Attribute::new(tags::STATUS_DESCRIPTION, status.message.as_str()));
    }
    extra
}

fn log(event: &Event, losses: &mut Losses, into: &mut Vec<u8>) {
    losses.add_if(!event.time_unix_ns.is_multiple_of(1000), lost::EVENT_TIME);
    let mut own = Vec::new();
    // A name that is empty is written where an attribute would be taken for it otherwise.
    if !event.name.is_empty() || event.attributes.iter().any(|it| it.key == EVENT) {
        own.push(Attribute::new(EVENT, event.name.as_str()));
    }
    if event.dropped_attributes_count > 0 {
        let count = i64::from(event.dropped_attributes_count);
        own.push(Attribute::new(tags::DROPPED_ATTRIBUTES, count));
    }
    let mut fields: Vec<&Attribute> = own.iter().collect();
    for attribute in &event.attributes {
        match attribute.key == tags::DROPPED_ATTRIBUTES {
            true => losses.add(tags::lost::RESERVED),
            false => fields.push(attribute),
        }
    }
    let mut object = Object::new(into);
    let _ = write!(object.key("timestamp"), "{}", event.time_unix_ns / 1000);
    tag_list(&fields, losses, object.key("fields"));
    object.end();
}

fn tag_list(attributes: &[&Attribute], losses: &mut Losses, into: &mut Vec<u8>) {
    let said: Vec<&Attribute> = attributes
        .iter()
        .filter(|attribute| !matches!(attribute.value, Value::StringIndex(_)))
        .copied()
        .collect();
    for _ in said.len()..attributes.len() {
        losses.add(native::lost::STRING_INDEX);
    }
    array(&said, into, |attribute, into| tag(attribute, losses, into));
}

fn tag(attribute: &Attribute, losses: &mut Losses, into: &mut Vec<u8>) {
    let mut object = Object::new(into);
    string(&attribute.key, object.key("key"));
    match &attribute.value {
        Value::Bool(truth) => {
            object.text("type", "bool");
            let _ = write!(object.key("value"), "{truth}");
        }
        Value::Int(number) => {
            object.text("type", "int64");
            // Jaeger's page is JavaScript, which rounds beyond this; Jaeger writes those as text too.
            let _ = match number.unsigned_abs() < 1 << 53 {
                true => write!(object.key("value"), "{number}"),
                false => write!(object.key("value"), "\"{number}\""),
            };
        }
        Value::Double(number) => {
            object.text("type", "float64");
            double(*number, object.key("value"));
        }
        Value::Bytes(bytes) => {
            object.text("type", "binary");
            let text = base64::engine::general_purpose::STANDARD.encode(bytes);
            string(&text, object.key("value"));
        }
        Value::String(text) => {
            object.text("type", "string");
            string(text, object.key("value"));
        }
        other => {
            losses.add(lost::VALUE);
            object.text("type", "string");
            string(&tags::as_text(other), object.key("value"));
        }
    }
    object.end();
}

/// The texts, if the value is a list of nothing else.
fn warnings(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::Array(values) if !values.is_empty() => values.iter().map(Value::as_str).collect(),
        _ => None,
    }
}
