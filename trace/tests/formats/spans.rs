//! Spans of every shape that the model has, and ordinary ones.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use trace::model::EntityRef;
use trace::{
    Attribute, Event, Kind, Link, Resource, Scope, Span, SpanId, Status, StatusCode, TraceId, Value,
};

/// Texts, among them what formats could take for something else.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{0,6}",
        1 => any::<String>(),
        1 => prop::sample::select(vec![
            "", "true", "false", "5", "null", "10.0.0.1", "2001:db8::1", "a|{}|0", "\"x\": {}", "|", "\u{0}", "a;b",
        ]).prop_map(str::to_owned),
    ]
}

/// Keys, among them those that formats give a meaning.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => "[a-z.]{0,5}",
        2 => prop::sample::select(vec![
            "service.name", "span.kind", "error", "otel.status_code", "otel.scope.name", "otel.library.version",
            "w3c.tracestate", "otel.dropped_attributes_count", "otlp.link.0", "peer.service", "server.address",
            "network.peer.address", "network.peer.port", "network.local.address", "network.local.port", "event",
            "zipkin.debug", "@jaeger@warnings", "opentracing.ref_type", "http.request.method", "db.query.text",
            "http.response.status_code", "otel.status_description", "enduser.id", "aws.operation", "server.port",
        ]).prop_map(str::to_owned),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        Just(i64::MIN),
        Just(i64::MAX),
        Just((1 << 53) - 1),
        any::<i64>(),
        0_i64..600
    ];
    let leaf = prop_oneof![
        1 => Just(Value::Empty),
        6 => text().prop_map(Value::String),
        2 => any::<bool>().prop_map(Value::Bool),
        3 => number.prop_map(Value::Int),
        // NaN has many forms and JSON one name for all of them.
        3 => any::<f64>().prop_map(|it| Value::Double(if it.is_nan() { f64::NAN } else { it })),
        1 => vec(any::<u8>(), 0..5).prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let entry = (key(), inner.clone()).prop_map(|(key, value)| Attribute { key, value });
        prop_oneof![
            vec(inner, 0..3).prop_map(Value::Array),
            vec(entry, 0..3).prop_map(Value::Map),
        ]
    })
}

fn attributes() -> impl Strategy<Value = Vec<Attribute>> {
    vec(
        (key(), value()).prop_map(|(key, value)| Attribute { key, value }),
        0..5,
    )
}

/// Times, mostly near one another, with those that break arithmetic.
fn time() -> impl Strategy<Value = u64> {
    prop_oneof![
        6 => 1_700_000_000_000_000_000_u64..1_700_000_000_000_009_000,
        2 => (1_700_000_000_000_000_u64..1_700_000_000_000_009).prop_map(|micros| micros * 1000),
        1 => prop::sample::select(vec![0, 1, 999, 1000, u64::MAX, u64::MAX - 1, i64::MAX as u64 + 1]),
    ]
}

fn count() -> impl Strategy<Value = u32> {
    prop_oneof![6 => Just(0), 1 => Just(u32::MAX), 1 => 1_u32..9]
}

fn trace_id() -> impl Strategy<Value = TraceId> {
    (1_u8..4).prop_map(|id| TraceId([id; 16]))
}

fn span_id() -> impl Strategy<Value = SpanId> {
    (1_u8..9).prop_map(|id| SpanId([id; 8]))
}

fn resource() -> impl Strategy<Value = Resource> {
    let entity = (text(), vec(text(), 0..2)).prop_map(|(entity_type, id_keys)| EntityRef {
        schema_url: "e".into(),
        entity_type,
        id_keys,
        description_keys: vec!["d".into()],
    });
    let service = prop_oneof![3 => "[a-z]{1,4}".prop_map(Some), 1 => Just(None)];
    (service, attributes(), count(), vec(entity, 0..2), "[a-z]{0,2}").prop_map(
        |(service, mut attributes, dropped_attributes_count, entity_refs, schema_url)| {
            if let Some(service) = service {
                attributes.insert(0, Attribute::new("service.name", service));
            }
            Resource {
                attributes,
                dropped_attributes_count,
                entity_refs,
                schema_url,
            }
        },
    )
}

fn scope() -> impl Strategy<Value = Scope> {
    (
        "[a-z]{0,3}",
        "[0-9]{0,2}",
        prop_oneof![2 => Just(vec![]), 1 => attributes()],
        count(),
        "[a-z]{0,2}",
    )
        .prop_map(
            |(name, version, attributes, dropped_attributes_count, schema_url)| Scope {
                name,
                version,
                attributes,
                dropped_attributes_count,
                schema_url,
            },
        )
}

fn event() -> impl Strategy<Value = Event> {
    (time(), text(), attributes(), count()).prop_map(
        |(time_unix_ns, name, attributes, dropped_attributes_count)| Event {
            time_unix_ns,
            name,
            attributes,
            dropped_attributes_count,
        },
    )
}

fn link() -> impl Strategy<Value = Link> {
    let child_of = Just(vec![Attribute::new("opentracing.ref_type", "child_of")]);
    let attributes = prop_oneof![2 => Just(vec![]), 1 => child_of, 1 => attributes()];
    (
        prop::option::weighted(0.9, trace_id()),
        prop::option::weighted(0.9, span_id()),
        "[a-z|{}=]{0,4}",
        attributes,
        count(),
        count(),
    )
        .prop_map(
            |(trace_id, span_id, trace_state, attributes, dropped_attributes_count, flags)| Link {
                trace_id,
                span_id,
                trace_state,
                attributes,
                dropped_attributes_count,
                flags,
            },
        )
}

/// Spans in which everything can occur.
#[expect(
    clippy::type_complexity,
    reason = "a tuple of strategies is as wide as what it makes"
)]
pub fn rich_spans() -> impl Strategy<Value = Vec<Span>> {
    let ids = (
        trace_id(),
        span_id(),
        prop::option::of((0_u8..9).prop_map(|id| SpanId([id; 8]))),
    );
    let said = (
        text(),
        prop_oneof![5 => 0..6, 1 => Just(99), 1 => Just(-1)],
        prop_oneof![6 => 0..3, 1 => Just(77)],
        text(),
    );
    let lists = (attributes(), vec(event(), 0..3), vec(link(), 0..3));
    let counts = (count(), count(), count(), count(), "[a-z=]{0,3}");
    let of = (0_usize..3, 0_usize..3);
    let span = (ids, said, (time(), time()), lists, counts, of);
    (
        vec(span, 0..6),
        vec(resource().prop_map(Arc::new), 3),
        vec(scope().prop_map(Arc::new), 3),
    )
        .prop_map(|(spans, resources, scopes)| {
            let make = |(ids, said, times, lists, counts, of): (
                (_, _, _),
                (_, i32, i32, _),
                (_, _),
                (_, _, _),
                (_, _, _, _, _),
                (usize, usize),
            )| Span {
                trace_id: ids.0,
                span_id: ids.1,
                parent_span_id: ids.2,
                name: said.0,
                kind: Kind(said.1),
                status: Status {
                    code: StatusCode(said.2),
                    message: said.3,
                },
                start_unix_ns: times.0,
                end_unix_ns: times.1,
                attributes: lists.0,
                events: lists.1,
                links: lists.2,
                dropped_attributes_count: counts.0,
                dropped_events_count: counts.1,
                dropped_links_count: counts.2,
                flags: counts.3,
                trace_state: counts.4,
                resource: Arc::clone(&resources[of.0]),
                scope: Arc::clone(&scopes[of.1]),
            };
            spans.into_iter().map(make).collect()
        })
}

/// Spans as instrumented programs send them, with times in whole microseconds.
#[expect(
    clippy::type_complexity,
    reason = "a tuple of strategies is as wide as what it makes"
)]
pub fn tame_spans() -> impl Strategy<Value = Vec<Span>> {
    let value = prop_oneof![
        "[ -~]{0,8}".prop_map(Value::String),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-1e9_f64..1e9).prop_map(Value::Double),
    ];
    let attributes = prop::collection::btree_map("http\\.[a-m]{1,4}", value, 0..4);
    let span = (0_u64..1000, 0_u64..1000, 1..6, 0..3, attributes);
    vec(span, 1..8).prop_map(|spans| {
        let resource = Arc::new(Resource {
            attributes: vec![
                Attribute::new("service.name", "orders"),
                Attribute::new("host.name", "one"),
            ],
            ..Resource::default()
        });
        let scope = Arc::new(Scope {
            name: "http".into(),
            version: "1".into(),
            ..Scope::default()
        });
        let make = |(place, (start, duration, kind, status, attributes)): (
            usize,
            (u64, u64, i32, i32, std::collections::BTreeMap<String, Value>),
        )| {
            let start = (1_700_000_000_000_000 + start) * 1000;
            Span {
                resource: Arc::clone(&resource),
                scope: Arc::clone(&scope),
                trace_id: TraceId([7; 16]),
                span_id: SpanId((place as u64 + 1).to_be_bytes()),
                parent_span_id: (place > 0).then(|| SpanId((place as u64 / 2 + 1).to_be_bytes())),
                flags: 0x301,
                trace_state: "vendor=1".into(),
                name: "GET /orders/{id}".into(),
                kind: Kind(kind),
                start_unix_ns: start,
                end_unix_ns: start + duration * 1000,
                attributes: attributes
                    .into_iter()
                    .map(|(key, value)| Attribute { key, value })
                    .collect(),
                events: vec![Event {
                    time_unix_ns: start,
                    name: "retry".into(),
                    attributes: vec![Attribute::new("attempt", 2_i64)],
                    dropped_attributes_count: 0,
                }],
                status: Status {
                    code: StatusCode(status),
                    message: if status == 2 {
                        "no such order".into()
                    } else {
                        String::new()
                    },
                },
                ..Span::default()
            }
        };
        spans.into_iter().enumerate().map(make).collect()
    })
}
