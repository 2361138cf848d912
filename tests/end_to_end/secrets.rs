//! Ground truth never travels with the traces: nothing that is exported names a fault, or a file, module or function of the
//! code, so that whoever finds the cause has found it.

use crate::support::Place;

const ALL_FAULTS: &str = "\
title: Every fault at once
shop: { users: 50, products: 300, orders: 500 }
load:
  - { mix: { search: 1, product: 1, order-history: 2, checkout: 2 }, rate: 60/s, for: 4s }
faults:
  - { fault: slow-query, at: catalog.search, share: 50% }
  - { fault: slow-query, at: orders.list-orders, share: 20% }
  - { fault: n-plus-one-sql, at: orders.list-orders, share: 50% }
  - { fault: n-plus-one-sql, at: catalog.product, share: 50% }
  - { fault: lock-contention, at: orders.reserve-stock, share: 20% }
  - { fault: pool-exhaustion, at: orders.place-order, share: 20% }
  - { fault: network-latency, at: gateway->orders, share: 30%, delay: 20ms }
  - { fault: exploding-span-names, at: catalog, share: 20% }
  - { fault: queue-backlog, at: fulfilment, from: 1s, until: 2s }
  - { fault: poison-message, at: fulfilment, from: 2500ms, until: 3s }
  - { fault: clock-skew, at: catalog, from: 1s, until: 2s }
  - { fault: wrong-kind, at: orders, from: 1s, until: 2s }
  - { fault: dropped-spans, at: users, queue: 1, from: 1s, until: 2s }
  - { fault: late-spans, at: orders, delay: 500ms, from: 2s, until: 3s }
  - { fault: broken-propagation, at: gateway, from: 3s, until: 4s }
";

#[test]
fn nothing_exported_gives_the_answer_away() {
    let place = Place::new();
    let run = place.run(ALL_FAULTS, &[]);
    assert_eq!(run.code(), Some(0), "{}", run.errors());
    run.assert_accounted();
    for fault in run.summary["faults"].as_array().expect("faults") {
        assert_ne!(
            fault["applied"], 0,
            "a fault that never struck proves nothing: {fault:#}"
        );
    }
    let mut exported = String::new();
    for file in [
        "traces.otlp.jsonl.zst",
        "metrics.otlp.jsonl.zst",
        "logs.otlp.jsonl.zst",
    ] {
        let lines = run.lines(file);
        assert!(!lines.is_empty(), "{file} is empty");
        exported.extend(lines.iter().map(ToString::to_string));
    }
    let exported = exported.to_lowercase();
    assert!(
        exported.contains("select order_items"),
        "the search looks at the right text"
    );
    let mut give_aways: Vec<String> = Vec::new();
    for name in [
        "slow-query",
        "n-plus-one",
        "lock-contention",
        "pool-exhaustion",
        "network-latency",
        "queue-backlog",
        "poison-message",
        "broken-propagation",
        "clock-skew",
        "dropped-spans",
        "late-spans",
        "wrong-kind",
        "exploding-span-names",
    ] {
        give_aways.extend([name.to_owned(), name.replace('-', "_"), name.replace('-', "")]);
    }
    for word in [
        "healthy",
        "faulty",
        "culprit",
        "bystander",
        "\"code.",
        ".rs\"",
        "\"fault.",
        "load.sequence",
        "\"baggage",
    ] {
        give_aways.push(word.to_owned());
    }
    for word in give_aways {
        if let Some(at) = exported.find(&word) {
            let around = &exported[at.saturating_sub(120)..(at + 120).min(exported.len())];
            panic!("{word:?} is exported: …{around}…");
        }
    }
}
