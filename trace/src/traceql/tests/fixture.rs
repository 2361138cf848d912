//! The two traces that the answers were worked out over.

use std::sync::Arc;

use crate::id::{SpanId, TraceId};
use crate::model::{Attribute, Event, Kind, Link, Resource, Scope, Span, Status, StatusCode, Value};
use crate::traceql::Query;
use crate::view::ModelTrace;

const MS: u64 = 1_000_000;

pub fn id(number: u8) -> SpanId {
    SpanId([0, 0, 0, 0, 0, 0, 0, number])
}

/// A span by id, parent (0 for none), name, and start and end in milliseconds.
pub fn span(number: u8, parent: u8, name: &str, start: u64, end: u64) -> Span {
    Span {
        trace_id: TraceId([0xab; 16]),
        span_id: id(number),
        parent_span_id: (parent != 0).then(|| id(parent)),
        name: name.into(),
        start_unix_ns: start * MS,
        end_unix_ns: end * MS,
        ..Span::default()
    }
}

fn part(service: &str, library: &str, version: &str, about: Vec<Attribute>) -> (Arc<Resource>, Arc<Scope>) {
    let resource = Resource {
        attributes: vec![
            Attribute::new("service.name", service),
            Attribute::new("env", "prod"),
        ],
        ..Resource::default()
    };
    let scope = Scope {
        name: library.into(),
        version: version.into(),
        attributes: about,
        ..Scope::default()
    };
    (Arc::new(resource), Arc::new(scope))
}

/// ```text
/// 0 GET /checkout          gateway  server    0…1000
/// ├─ 1 call orders         gateway  client    100…900
/// │  └─ 2 POST /orders     orders   server    150…850   error, two events
/// │     ├─ 3 SELECT stock  orders   client    200…300   10 rows
/// │     ├─ 4 SELECT stock  orders   client    300…450   20 rows
/// │     └─ 5 INSERT order  orders   client    450…480   an array, a boolean, a float
/// └─ 6 notify              gateway  producer  900…950   a link
/// ```
pub fn checkout() -> Vec<Span> {
    let gateway = part("gateway", "http", "1.0", vec![]);
    let orders = part("orders", "sql", "2.1", vec![Attribute::new("lib", "x")]);
    let make = |(resource, scope): &(Arc<Resource>, Arc<Scope>), kind, attributes, span| Span {
        resource: Arc::clone(resource),
        scope: Arc::clone(scope),
        kind,
        attributes,
        ..span
    };
    let attribute = |key: &str, value: Value| Attribute {
        key: key.into(),
        value,
    };
    let event = |name: &str, at: u64, about| Event {
        name: name.into(),
        time_unix_ns: at * MS,
        attributes: vec![about],
        ..Event::default()
    };
    vec![
        make(
            &gateway,
            Kind::SERVER,
            vec![
                Attribute::new("http.status_code", 200),
                Attribute::new("http.method", "GET"),
            ],
            span(1, 0, "GET /checkout", 0, 1000),
        ),
        make(
            &gateway,
            Kind::CLIENT,
            vec![],
            span(2, 1, "call orders", 100, 900),
        ),
        Span {
            status: Status {
                code: StatusCode::ERROR,
                message: "boom".into(),
            },
            events: vec![
                event("exception", 500, Attribute::new("exception.type", "Timeout")),
                event("retry", 600, Attribute::new("attempt", 2)),
            ],
            ..make(
                &orders,
                Kind::SERVER,
                vec![Attribute::new("http.status_code", 500)],
                span(3, 2, "POST /orders", 150, 850),
            )
        },
        make(
            &orders,
            Kind::CLIENT,
            vec![Attribute::new("db.rows", 10)],
            span(4, 3, "SELECT stock", 200, 300),
        ),
        make(
            &orders,
            Kind::CLIENT,
            vec![Attribute::new("db.rows", 20)],
            span(5, 3, "SELECT stock", 300, 450),
        ),
        make(
            &orders,
            Kind::CLIENT,
            vec![
                attribute("tags", Value::Array(vec!["a".into(), "b".into()])),
                attribute("mixed", Value::Array(vec!["a".into(), Value::Int(7)])),
                attribute("blob", Value::Bytes(vec![1])),
                attribute("empty", Value::Empty),
                Attribute::new("cached", true),
                Attribute::new("db.ratio", 0.5),
            ],
            span(6, 3, "INSERT order", 450, 480),
        ),
        Span {
            links: vec![Link {
                trace_id: Some(TraceId([0x0b; 16])),
                span_id: Some(SpanId([0x0c; 8])),
                attributes: vec![Attribute::new("why", "late")],
                ..Link::default()
            }],
            ..make(
                &gateway,
                Kind::PRODUCER,
                vec![Attribute::new("a b", 1)],
                span(7, 1, "notify", 900, 950),
            )
        },
    ]
}

/// Two roots, an orphan with a child, a ring, a span that is its own parent, two spans with one id, a duplicate, and a
/// span that ends before it starts.
pub fn broken() -> Vec<Span> {
    let mut spans = vec![
        span(1, 0, "a", 0, 10),
        span(2, 0, "b", 5, 20),
        span(3, 99, "orphan", 1, 2),
        span(4, 3, "under orphan", 1, 3),
        span(5, 6, "ring 1", 3, 4),
        span(6, 5, "ring 2", 4, 5),
        span(7, 7, "own parent", 6, 7),
        span(2, 1, "twin of b", 7, 8),
    ];
    spans.push(spans[2].clone());
    spans.push(span(9, 2, "under b", 8, 9));
    spans.push(span(10, 1, "backwards", 9, 3));
    spans
}

/// The positions of all spans in the answer, in order.
pub fn found(spans: &[Span], query: &str) -> Vec<usize> {
    let query = Query::parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let trace = ModelTrace(spans);
    let sets = query.evaluate(&trace).unwrap_or_default();
    assert_eq!(query.matches(&trace), !sets.is_empty(), "{query}");
    let mut all: Vec<usize> = sets.into_iter().flat_map(|set| set.spans).collect();
    all.sort_unstable();
    all
}
