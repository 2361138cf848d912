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
  - { fault: memory-growth, at: catalog.search, slot: 4KiB, share: 50% }
  - { fault: memory-growth, at: gateway.search, slot: 4KiB, share: 50% }
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

/// The mistakes in code that are not in the first.
const MORE_FAULTS: &str = "\
title: More faults at once
shop: { users: 50, products: 300, orders: 500 }
load:
  - { mix: { home: 1, browse: 1, product: 2, order-history: 1, checkout: 2, report: 1 }, rate: 50/s, for: 5s }
faults:
  - { fault: unbounded-result, at: catalog.list-products, share: 50% }
  - { fault: unbounded-result, at: orders.list-orders, share: 50% }
  - { fault: unbounded-result, at: catalog.product, share: 50% }
  - { fault: n-plus-one-rpc, at: gateway.list-products, share: 50% }
  - { fault: n-plus-one-rpc, at: gateway.home, share: 50% }
  - { fault: n-plus-one-rpc, at: catalog.product, share: 50% }
  - { fault: sequential-fan-out, at: gateway.home, share: 50% }
  - { fault: sequential-fan-out, at: gateway.product, share: 50% }
  - { fault: quadratic-algorithm, at: orders.sales-report, share: 50% }
  - { fault: wide-fan-out, at: gateway.list-products, share: 50% }
  - { fault: wide-fan-out, at: gateway.home, share: 50% }
  - { fault: retry-storm, at: gateway.product, share: 20% }
  - { fault: retry-storm, at: orders.pay, share: 20% }
  - { fault: missing-timeout, at: gateway.sales-report, share: 50% }
  - { fault: blocked-runtime, at: orders.sales-report, share: 50% }
  - { fault: mutex-across-io, at: orders.pay, share: 30% }
  - { fault: cache-bypass, at: catalog.prices, share: 50% }
  - { fault: cache-stampede, at: catalog.prices, share: 50% }
  - { fault: worker-starvation, at: gateway, from: 1s, until: 2s }
  - { fault: cold-start, at: fulfilment.pack, package: 1MiB, share: 50% }
  - { fault: failing-dependency, at: users.list-users, share: 10% }
  - { fault: failing-dependency, at: users.find-session, share: 5% }
  - { fault: failing-dependency, at: payments.pay, share: 10% }
  - { fault: swallowed-error, at: catalog.product, share: 20% }
";

/// Those of the network, each on an edge of its own.
const NETWORK_FAULTS: &str = "\
title: The network's faults at once
shop: { users: 50, products: 300, orders: 500 }
load:
  - { mix: { product: 2, account: 1, order-history: 2, checkout: 2, search: 1 }, rate: 40/s, for: 4s }
faults:
  - { fault: bandwidth, at: client->gateway, share: 20% }
  - { fault: loss, at: gateway->users, share: 30%, probability: \"0.3\" }
  - { fault: connection-reset, at: gateway->catalog, share: 20% }
  - { fault: black-hole, at: orders->catalog, share: 20% }
  - { fault: slow-close, at: catalog->users, share: 50% }
  - { fault: connection-churn, at: gateway->orders, share: 50% }
";

#[test]
fn nothing_exported_gives_the_answer_away() {
    for text in [ALL_FAULTS, MORE_FAULTS, NETWORK_FAULTS] {
        search(text);
    }
}

fn search(text: &str) {
    let place = Place::new();
    let run = place.run(text, &[]);
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
    // These are words that the export may well use.
    let names = faults::catalogue::FAULTS.map(|fault| fault.name);
    for name in names
        .into_iter()
        .filter(|name| !["crash", "hang", "loss"].contains(name))
    {
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
