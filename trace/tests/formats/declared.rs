//! What each format loses, as a function of the spans: written down here once more, apart from the writers, and by the
//! same words as in `docs/formats.md`.

use std::collections::HashSet;
use std::sync::Arc;

use base64::Engine as _;
use trace::{Attribute, Event, Kind, Link, Resource, Scope, Span, StatusCode, Value};

/// What is left of spans.
pub type Declared = fn(&[Span]) -> Vec<Span>;

/// In an order that does not depend on the one that they have: attributes by key (equal keys as they come), spans by all.
pub fn ordered(mut spans: Vec<Span>) -> Vec<Span> {
    let sort = |attributes: &mut Vec<Attribute>| attributes.sort_by(|one, two| one.key.cmp(&two.key));
    for span in &mut spans {
        sort(&mut span.attributes);
        sort(&mut Arc::make_mut(&mut span.resource).attributes);
        sort(&mut Arc::make_mut(&mut span.scope).attributes);
        span.events
            .iter_mut()
            .for_each(|event| sort(&mut event.attributes));
        span.links.iter_mut().for_each(|link| sort(&mut link.attributes));
    }
    spans.sort_by_key(|span| format!("{span:?}"));
    spans
}

fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Plain JSON has no bytes, no NaN and no infinities, and each key once.
fn plain(value: &Value) -> Value {
    match value {
        Value::Bytes(bytes) => Value::String(base64(bytes)),
        Value::Double(number) if number.is_nan() => "NaN".into(),
        Value::Double(number) if number.is_infinite() => {
            (if *number > 0.0 { "Infinity" } else { "-Infinity" }).into()
        }
        Value::Array(values) => Value::Array(values.iter().map(plain).collect()),
        Value::Map(entries) => Value::Map(plain_all(entries)),
        other => other.clone(),
    }
}

fn plain_all(attributes: &[Attribute]) -> Vec<Attribute> {
    let mut seen = HashSet::new();
    let once = attributes.iter().filter(|attribute| seen.insert(&attribute.key));
    once.map(|it| Attribute {
        key: it.key.clone(),
        value: plain(&it.value),
    })
    .collect()
}

/// The same as JSON text, by another writer than the one that is tested.
fn json(value: &Value) -> String {
    match value {
        Value::Empty => "null".into(),
        Value::String(text) => serde_json::to_string(text).expect("text"),
        Value::Array(values) => format!("[{}]", values.iter().map(json).collect::<Vec<_>>().join(",")),
        Value::Map(entries) => {
            let member = |it: &Attribute| format!("{}:{}", json(&it.key.as_str().into()), json(&it.value));
            format!("{{{}}}", entries.iter().map(member).collect::<Vec<_>>().join(","))
        }
        Value::Double(number) => format!("{number:?}"),
        other => other.to_string(),
    }
}

fn as_text(value: &Value) -> String {
    match (value, plain(value)) {
        (Value::Empty, _) => String::new(),
        (_, Value::String(text)) => text,
        (_, plain) => json(&plain),
    }
}

const RESERVED: [&str; 11] = [
    "otel.scope.name",
    "otel.scope.version",
    "otel.library.name",
    "otel.library.version",
    "span.kind",
    "otel.status_code",
    "otel.status_description",
    "w3c.tracestate",
    "otel.dropped_attributes_count",
    "otel.dropped_events_count",
    "otel.dropped_links_count",
];

/// What formats lose that have tags in place of fields: unknown numbers, zero for no parent, and of scopes and resources
/// all but names, versions and attributes.
fn tagged(span: &mut Span) {
    if !(0..=5).contains(&span.kind.0) {
        span.kind = Kind::UNSPECIFIED;
    }
    if !(0..=2).contains(&span.status.code.0) {
        span.status.code = StatusCode::UNSET;
    }
    span.parent_span_id = span.parent();
    span.attributes.extend(span.scope.attributes.iter().cloned());
    span.attributes
        .retain(|attribute| !RESERVED.contains(&attribute.key.as_str()));
    span.scope = Arc::new(Scope {
        name: span.scope.name.clone(),
        version: span.scope.version.clone(),
        ..Scope::default()
    });
    let attributes = span.resource.attributes.clone();
    span.resource = Arc::new(Resource {
        attributes,
        ..Resource::default()
    });
    for event in &mut span.events {
        event
            .attributes
            .retain(|attribute| attribute.key != "otel.dropped_attributes_count");
    }
}

fn whole_microseconds(span: &mut Span) {
    let duration = span.duration_ns() / 1000 * 1000;
    span.start_unix_ns = span.start_unix_ns / 1000 * 1000;
    span.end_unix_ns = span.start_unix_ns + duration;
    for event in &mut span.events {
        event.time_unix_ns = event.time_unix_ns / 1000 * 1000;
    }
}

/// Jaeger: whole microseconds; lists, objects and empty values as text; links by their ids alone; a name for every
/// service; `error` is a status; a root's link into its own trace is its parent.
pub fn jaeger(spans: &[Span]) -> Vec<Span> {
    let value = |attribute: &mut Attribute| {
        if matches!(attribute.value, Value::Empty | Value::Array(_) | Value::Map(_)) {
            attribute.value = as_text(&attribute.value).into();
        }
    };
    let mut spans = spans.to_vec();
    for span in &mut spans {
        tagged(span);
        whole_microseconds(span);
        let warnings = span
            .attributes
            .iter()
            .position(|it| it.key == "@jaeger@warnings" && is_texts(&it.value));
        for (place, attribute) in span.attributes.iter_mut().enumerate() {
            if Some(place) != warnings {
                value(attribute);
            }
        }
        // What Jaeger found wrong with a span stands apart from its tags and is read after them.
        if let Some(place) = warnings {
            let attribute = span.attributes.remove(place);
            span.attributes.push(attribute);
        }
        span.events
            .iter_mut()
            .flat_map(|event| &mut event.attributes)
            .for_each(value);
        let resource = Arc::make_mut(&mut span.resource);
        if resource.service().is_none() {
            resource
                .attributes
                .insert(0, Attribute::new("service.name", "unknown_service"));
        }
        resource.attributes.iter_mut().for_each(value);
        let error = |it: &Attribute| {
            it.key == "error" && (it.value == Value::Bool(true) || it.value == "true".into())
        };
        if span.status.code == StatusCode::UNSET && span.attributes.iter().any(error) {
            span.status.code = StatusCode::ERROR;
        }
        span.links
            .retain(|link| link.trace_id.is_some() && link.span_id.is_some());
        let inside = |link: &Link| link.trace_id == Some(span.trace_id);
        let root = span.parent_span_id.is_none();
        for link in &mut span.links {
            let child_of = link.attributes == [Attribute::new("opentracing.ref_type", "child_of")];
            let kept = if child_of && !(root && inside(link)) {
                link.attributes.clone()
            } else {
                Vec::new()
            };
            *link = Link {
                trace_id: link.trace_id,
                span_id: link.span_id,
                attributes: kept,
                ..Link::default()
            };
        }
        if root {
            span.parent_span_id = span
                .links
                .iter()
                .find(|link| inside(link))
                .and_then(|link| link.span_id);
        }
    }
    spans
}

fn is_texts(value: &Value) -> bool {
    matches!(value, Value::Array(values) if !values.is_empty() && values.iter().all(|it| it.as_str().is_some()))
}

/// Zipkin: whole microseconds, a duration of at least one; all values as text, each key once; the resource's attributes
/// are the span's, but for the service's name, which every span has; no flags; `error` is the status.
pub fn zipkin(spans: &[Span]) -> Vec<Span> {
    let mut spans = spans.to_vec();
    for span in &mut spans {
        let short = (1..1000).contains(&span.duration_ns());
        tagged(span);
        whole_microseconds(span);
        if short {
            span.end_unix_ns = span.start_unix_ns.saturating_add(1000);
        }
        let mut resource = span.resource.attributes.clone();
        let service = span.resource.service().map(str::to_owned);
        if service.is_some() {
            let place = resource.iter().position(|it| it.key == "service.name");
            resource.remove(place.expect("it has one"));
        }
        let service = service
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "unknown_service".into());
        let is_debug = span.attribute("zipkin.debug") == Some(&Value::Bool(true));
        let mut seen = HashSet::new();
        let all = std::mem::take(&mut span.attributes).into_iter().chain(resource);
        span.attributes = all
            .filter(|it| {
                let key = it.key.as_str();
                key != "error" && !key.starts_with("otlp.link.") && !RESERVED.contains(&key)
            })
            .filter(|it| seen.insert(it.key.clone()))
            .map(|it| match is_debug && it.key == "zipkin.debug" {
                true => Attribute::new(it.key, true),
                false => Attribute::new(it.key, as_text(&it.value)),
            })
            .collect();
        span.resource = Arc::new(Resource {
            attributes: vec![Attribute::new("service.name", service)],
            ..Resource::default()
        });
        span.flags = 0;
        for link in &mut span.links {
            link.flags = 0;
            link.attributes = plain_all(&link.attributes);
        }
        plain_events(&mut span.events);
    }
    spans
}

fn plain_events(events: &mut [Event]) {
    for event in events {
        event.attributes = plain_all(&event.attributes);
    }
}

/// Chrome: what plain JSON loses, and an end before the start.
pub fn chrome(spans: &[Span]) -> Vec<Span> {
    let mut spans = spans.to_vec();
    for span in &mut spans {
        in_plain_json(span);
        span.end_unix_ns = span.end_unix_ns.max(span.start_unix_ns);
    }
    spans
}

/// X-Ray: what plain JSON loses, and zero for no parent.
pub fn xray(spans: &[Span]) -> Vec<Span> {
    let mut spans = spans.to_vec();
    for span in &mut spans {
        span.parent_span_id = span.parent();
        in_plain_json(span);
    }
    spans
}

fn in_plain_json(span: &mut Span) {
    span.attributes = plain_all(&span.attributes);
    plain_events(&mut span.events);
    for link in &mut span.links {
        link.attributes = plain_all(&link.attributes);
    }
    let resource = Arc::make_mut(&mut span.resource);
    resource.attributes = plain_all(&resource.attributes);
    let scope = Arc::make_mut(&mut span.scope);
    scope.attributes = plain_all(&scope.attributes);
}
