//! The store by itself: what it holds, and what that takes.

use prost::Message as _;
use trace::otlp::encode;
use trace::otlp::scan::scan;
use trace::{Attribute, Span, SpanId, TraceId};

use super::*;

fn request(trace: u64, first: u64, spans: u64) -> Vec<u8> {
    let mut id = [1; 16];
    id[8..].copy_from_slice(&trace.to_be_bytes());
    let spans: Vec<_> = (first..first + spans)
        .map(|span| Span {
            trace_id: TraceId(id),
            span_id: SpanId(span.to_be_bytes()),
            parent_span_id: (span > 1).then(|| SpanId((span - 1).to_be_bytes())),
            name: "SELECT order_items".into(),
            start_unix_ns: 1_700_000_000_000_000_000,
            end_unix_ns: 1_700_000_000_001_000_000,
            attributes: (0..10)
                .map(|n| Attribute::new(format!("attribute.{n}"), "a value of some length"))
                .collect(),
            ..Span::default()
        })
        .collect();
    encode::request(&spans).encode_to_vec()
}

#[test]
fn what_is_stored_takes_little_more_than_its_bytes_on_the_wire() {
    for (traces, requests) in [(2_000, 1), (20, 100)] {
        let mut store = Store::new(1 << 30);
        let mut wire = 0;
        for trace in 0..traces {
            for each in 0..requests {
                let request = request(trace, each * 10 + 1, 10);
                wire += request.len();
                store.insert(&scan(&request).expect("good"), Instant::now(), 1);
            }
        }
        let ratio = store.used_bytes() as f64 / wire as f64;
        assert!(ratio < 1.4, "{ratio}");
    }
}

#[test]
fn nothing_is_left_when_all_has_gone() {
    let mut store = Store::new(1);
    for trace in 0..100 {
        store.insert(&scan(&request(trace, 1, 50)).expect("good"), Instant::now(), 1);
    }
    assert_eq!(store.used, 0);
    assert_eq!(store.origins.heap_bytes(), 0);
    let counts = store.counts().total;
    assert_eq!(
        (counts.received, counts.evicted, counts.stored),
        (5_000, 5_000, 0)
    );
    assert_eq!(
        store.trace_counts(Instant::now()),
        TraceCounts {
            evicted: 100,
            ..TraceCounts::default()
        }
    );
}

#[test]
fn a_trace_is_complete_when_whole_and_quiet() {
    let mut store = Store::new(1 << 20);
    let start = Instant::now();
    store.insert(&scan(&request(1, 2, 40)).expect("good"), start, 7);
    let later = start + QUIET;
    assert_eq!(store.trace_counts(later).complete, 0, "the root is missing");
    store.insert(&scan(&request(1, 1, 1)).expect("good"), start, 8);
    assert_eq!(
        (
            store.trace_counts(start).settling,
            store.trace_counts(later).complete
        ),
        (1, 1)
    );
    assert_eq!(store.first_stored_unix_ns(), Some(7));
}
