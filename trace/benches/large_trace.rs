//! How long it takes to read a trace of 100,000 spans and find its critical path: `cargo bench -p trace`.
//!
//! Timed by hand, the median of several rounds, since a benchmark library would be most of what the tests of this crate
//! have to build.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use trace::critical_path::critical_path;
use trace::formats::{Format, Losses, read, write};
use trace::{Attribute, Kind, Resource, Span, SpanId, TraceId, Tree};

const SPANS: u64 = 100_000;
const ROUNDS: usize = 15;

/// A trace as a busy shop makes it: each span calls ten others one after another, with ten attributes each.
fn spans() -> Vec<Span> {
    let resources: Vec<_> = (0..8)
        .map(|service| {
            Arc::new(Resource {
                attributes: vec![Attribute::new("service.name", format!("service-{service}"))],
                ..Resource::default()
            })
        })
        .collect();
    // Of each span: its start and its end; children share their parent's time.
    let mut times: Vec<(u64, u64)> = vec![(0, 1 << 50)];
    let mut spans = Vec::new();
    for place in 0..SPANS {
        if place > 0 {
            let (parent, nth) = (((place - 1) / 10) as usize, (place - 1) % 10);
            let (start, end) = times[parent];
            let share = (end - start) / 11;
            times.push((start + share * nth, start + share * (nth + 1)));
        }
        let (start, end) = times[place as usize];
        spans.push(Span {
            resource: Arc::clone(&resources[(place % 8) as usize]),
            trace_id: TraceId([7; 16]),
            span_id: SpanId((place + 1).to_be_bytes()),
            parent_span_id: (place > 0).then(|| SpanId(((place - 1) / 10 + 1).to_be_bytes())),
            name: format!("GET /orders/{}", place % 50),
            kind: Kind::SERVER,
            start_unix_ns: 1_700_000_000_000_000_000 + start,
            end_unix_ns: 1_700_000_000_000_000_000 + end,
            attributes: (0..10)
                .map(|it| Attribute::new(format!("attribute.{it}"), place as i64 * it))
                .collect(),
            ..Span::default()
        });
    }
    spans
}

/// Prints the median, the fastest and the slowest of some rounds.
fn measure(name: &str, mut round: impl FnMut() -> usize) {
    let mut times: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            black_box(round());
            start.elapsed()
        })
        .collect();
    times.sort();
    let (median, fastest, slowest) = (times[ROUNDS / 2], times[0], times[ROUNDS - 1]);
    println!("{name}: {median:.1?} ({fastest:.1?} to {slowest:.1?})");
}

fn main() {
    let spans = spans();
    for format in [Format::OtlpProtobuf, Format::OtlpJson, Format::Jaeger] {
        let bytes = write(format, &spans, &mut Losses::default());
        measure(
            &format!("read 100,000 spans from {format}, with the critical path"),
            || {
                let spans = read(format, black_box(&bytes)).expect("our own");
                let tree = Tree::of(&spans);
                critical_path(&tree, tree.root().expect("spans")).len()
            },
        );
    }
    measure("the tree and the critical path alone", || {
        let tree = Tree::of(black_box(&spans));
        critical_path(&tree, tree.root().expect("spans")).len()
    });
}
