//! A run that sends its traces to a real Jaeger as well: each is found there again, with as many spans. `cargo xtask test`
//! installs Jaeger and says where it is, in `FAULTMART_TEST_JAEGER`; without it this is skipped, in so many words.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::backends::Backend;
use crate::support::{PATIENCE, Place};

const SCENARIO: &str = "title: A few seconds for Jaeger
seed: 7
shop: { users: 50, products: 50, orders: 200 }
load:
  - { journey: browse, rate: 10/s, for: 2s }
  - { journey: checkout, rate: 3/s, for: 2s }
";

/// How many spans it has of a trace.
fn spans_of(jaeger: &Backend, trace_id: &str) -> usize {
    let (_, answer) = jaeger.get(&format!("/api/v3/traces/{trace_id}?rawTraces=true"));
    let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let resources = list(&answer["result"], "resourceSpans");
    let scopes = resources.iter().flat_map(|it| list(it, "scopeSpans"));
    scopes.map(|it| list(&it, "spans").len()).sum()
}

#[test]
fn every_trace_of_a_run_is_found_in_jaeger_with_as_many_spans() {
    let place = Place::new();
    let Some(jaeger) = Backend::jaeger(&place) else {
        return;
    };
    let run = place.run(SCENARIO, &["--otlp-endpoint", &jaeger.takes]);
    assert_eq!(run.code(), Some(0), "{}", run.errors());

    let record = std::fs::File::open(run.folder.join("traces.otlp.jsonl.zst")).expect("the record");
    let mut recorded: BTreeMap<String, usize> = BTreeMap::new();
    for line in trace::otlp::lines::Lines::new(record).expect("readable") {
        for span in line.expect("whole").spans {
            *recorded.entry(span.trace_id.to_string()).or_default() += 1;
        }
    }
    assert!(recorded.len() >= 20, "{} traces", recorded.len());
    // What Jaeger has acknowledged it may take a moment to store.
    let deadline = Instant::now() + PATIENCE;
    for (trace_id, spans) in &recorded {
        while spans_of(&jaeger, trace_id) != *spans {
            let found = spans_of(&jaeger, trace_id);
            assert!(
                Instant::now() < deadline,
                "{trace_id}: {spans} recorded, {found} found"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
