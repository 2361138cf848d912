//! The known set of OpenTelemetry's own clients, whole: all kinds, all types of attributes that their API has, an event, a
//! link, and each status.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;
use trace::{
    Attribute, Event, Kind, Link, Resource, Scope, Span, SpanId, Status, StatusCode, TraceId, Value,
};

const SECOND: u64 = 1_700_000_000_000_000_000;

/// The flags that a client sends: OTLP leaves it to them whether the sampled bit is among them.
pub struct Flags {
    /// Of a span whose parent is none or in the same process.
    pub span: u32,
    /// Of the link.
    pub link: u32,
}

/// The spans by their names, with the ids that the client took.
pub fn spans(sent: &Json, flags: &Flags) -> BTreeMap<String, Span> {
    let id = |name: &str| -> SpanId {
        let text = sent["spans"][name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {sent}"));
        text.parse().expect("a span id")
    };
    let trace_id: TraceId = sent["trace"]
        .as_str()
        .expect("a trace")
        .parse()
        .expect("a trace id");
    let resource = Arc::new(Resource {
        attributes: vec![
            Attribute::new("service.name", "known"),
            Attribute::new("deployment.environment.name", "test"),
        ],
        ..Resource::default()
    });
    let scope = Arc::new(Scope {
        name: "faultmart.clients".to_owned(),
        version: "1.2.3".to_owned(),
        ..Scope::default()
    });
    let span = |name: &str, kind: Kind, start: u64, end: u64| Span {
        resource: Arc::clone(&resource),
        scope: Arc::clone(&scope),
        trace_id,
        span_id: id(name),
        parent_span_id: (name != "POST /orders").then(|| id("POST /orders")),
        flags: flags.span,
        name: name.to_owned(),
        kind,
        start_unix_ns: SECOND + start,
        end_unix_ns: SECOND + end,
        ..Span::default()
    };
    let list = |values: Vec<Value>| Value::Array(values);
    let server = Span {
        attributes: vec![
            Attribute::new("text", "grüße, 世界"),
            Attribute::new("truth", true),
            Attribute::new("whole", 42),
            Attribute::new("half", 0.5),
            Attribute::new("texts", list(vec!["a".into(), "b".into()])),
            Attribute::new("wholes", list(vec![1.into(), 2.into()])),
            Attribute::new("truths", list(vec![true.into(), false.into()])),
        ],
        events: vec![Event {
            time_unix_ns: SECOND + 100_000_000,
            name: "out of stock".to_owned(),
            attributes: vec![Attribute::new("product", "7")],
            ..Event::default()
        }],
        status: Status {
            code: StatusCode::ERROR,
            message: "nothing left".to_owned(),
        },
        ..span("POST /orders", Kind::SERVER, 1, 250_000_003)
    };
    let client = Span {
        links: vec![Link {
            trace_id: "0102030405060708090a0b0c0d0e0f10".parse().ok(),
            span_id: "1112131415161718".parse().ok(),
            attributes: vec![Attribute::new("why", "retry")],
            flags: flags.link,
            ..Link::default()
        }],
        ..span("SELECT orders", Kind::CLIENT, 10_000_000, 20_000_000)
    };
    let work = Span {
        status: Status {
            code: StatusCode::OK,
            message: String::new(),
        },
        ..span("work", Kind::INTERNAL, 30_000_000, 40_000_000)
    };
    let all = [
        server,
        client,
        work,
        span("publish", Kind::PRODUCER, 50_000_000, 60_000_000),
        span("process", Kind::CONSUMER, 70_000_000, 80_000_000),
    ];
    all.into_iter().map(|span| (span.name.clone(), span)).collect()
}

/// Spans by their names, to be compared whatever their order.
pub fn by_name(spans: Vec<Span>) -> BTreeMap<String, Span> {
    spans.into_iter().map(|span| (span.name.clone(), span)).collect()
}
