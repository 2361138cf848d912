//! How long queries take over spans of the model, in milliseconds for a million spans on one core:
//! `cargo bench -p trace --bench traceql`. A store that keeps spans otherwise measures its own view.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use trace::traceql::Query;
use trace::view::ModelTrace;
use trace::{Attribute, Kind, Resource, Span, SpanId, TraceId};

const TRACES: u64 = 5_000;
const SPANS: u64 = 20;
const ROUNDS: u32 = 9;

/// A trace of a chain of services with calls below each, ten attributes a span.
fn trace(number: u64, resources: &[Arc<Resource>]) -> Vec<Span> {
    let id = |span: u64| SpanId((number * 1000 + span + 1).to_be_bytes());
    (0..SPANS)
        .map(|span| Span {
            trace_id: TraceId(u128::from(number + 1).to_be_bytes()),
            span_id: id(span),
            parent_span_id: (span > 0).then(|| id((span - 1) / 3)),
            resource: Arc::clone(&resources[(span % 5) as usize]),
            name: format!("operation {}", span % 7),
            kind: if span % 2 == 0 { Kind::SERVER } else { Kind::CLIENT },
            start_unix_ns: span * 1_000_000,
            end_unix_ns: 100_000_000 - span,
            attributes: (0..10)
                .map(|key| Attribute::new(format!("attribute.{key}"), ((number + span + key) % 100) as i64))
                .collect(),
            ..Span::default()
        })
        .collect()
}

fn main() {
    let resources: Vec<_> = (0..5)
        .map(|service| {
            Arc::new(Resource {
                attributes: vec![Attribute::new("service.name", format!("service-{service}"))],
                ..Resource::default()
            })
        })
        .collect();
    let traces: Vec<_> = (0..TRACES).map(|number| trace(number, &resources)).collect();
    for text in [
        "{ span.attribute.9 = 42 }",
        "{ resource.service.name = \"service-3\" && span.attribute.5 > 90 }",
        "{ name =~ \"operation [34]\" }",
        "{ kind = server } >> { span.attribute.9 = 42 }",
        "{ } >> { }",
        "{ } | by(resource.service.name) | avg(duration) > 1ms",
    ] {
        let query = Query::parse(text).expect("a valid query");
        let mut times: Vec<Duration> = (0..ROUNDS)
            .map(|_| {
                let started = Instant::now();
                for spans in &traces {
                    black_box(query.evaluate(&ModelTrace(spans)));
                }
                started.elapsed()
            })
            .collect();
        times.sort();
        let million = 1e6 / (TRACES * SPANS) as f64;
        let shown = |time: Duration| time.as_secs_f64() * 1e3 * million;
        println!(
            "{:7.1} ms (least {:.1})  {text}",
            shown(times[times.len() / 2]),
            shown(times[0])
        );
    }
}
