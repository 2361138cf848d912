//! A plan is a function of the scenario, the seed and the attempt, and nothing else.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Place, finish};

const SCENARIO: &str = "\
title: A little of everything
seed: 7
shop: { users: 50, products: 60, orders: 100 }
load:
  - { mix: { browse: 3, search: 2, checkout: 1 }, rate: 20/s..80/s, for: 5s }
  - { journey: order-history, rate: 30/s, from: 1s, for: 3s, spacing: even }
faults:
  - { fault: n-plus-one-sql, at: orders.list-orders, share: 50%, from: 1s, until: 3s }
  - { fault: network-latency, at: gateway->catalog, delay: 30ms, jitter: 5ms, share: 20% }
";

fn plan(place: &Place, more: &[&str]) -> String {
    let mut arguments = vec!["plan", place.scenario(SCENARIO)];
    arguments.extend(more);
    let output = finish(place.faultmart(&arguments));
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

fn by_sequence(text: &str) -> BTreeMap<u64, &str> {
    text.lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line).expect("a JSON line");
            (value["sequence"].as_u64().expect("a sequence"), line)
        })
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_does_not() {
    let place = Place::new();
    let first = plan(&place, &[]);
    assert_eq!(first, plan(&place, &[]));
    assert_eq!(first, plan(&Place::new(), &["--seed", "7"]));
    assert_ne!(first, plan(&place, &["--seed", "8"]));
    assert!(first.lines().count() > 200, "{}", first.lines().count());
}

#[test]
fn another_attempt_changes_trace_ids_alone() {
    let place = Place::new();
    let (first, second) = (plan(&place, &[]), plan(&place, &["--attempt", "1"]));
    assert_eq!(first.lines().count(), second.lines().count());
    for (one, other) in first.lines().zip(second.lines()) {
        let [mut one, mut other] =
            [one, other].map(|line| serde_json::from_str::<Value>(line).expect("a JSON line"));
        assert_ne!(one["trace_id"], other["trace_id"]);
        for line in [&mut one, &mut other] {
            line["trace_id"] = Value::Null;
            line["request"]["headers"]["traceparent"] = Value::Null;
        }
        assert_eq!(one, other);
    }
}

#[test]
fn shards_merge_to_the_whole() {
    let place = Place::new();
    let whole = plan(&place, &[]);
    let shards: Vec<String> = ["1/3", "2/3", "3/3"]
        .map(|shard| plan(&place, &["--shard", shard]))
        .into();
    assert_eq!(
        shards.iter().map(|shard| shard.lines().count()).sum::<usize>(),
        whole.lines().count()
    );
    let mut merged = BTreeMap::new();
    for shard in &shards {
        merged.extend(by_sequence(shard));
    }
    let merged: Vec<&str> = merged.into_values().collect();
    assert_eq!(merged, whole.lines().collect::<Vec<_>>());
}

#[test]
fn a_plan_can_be_cut_short_by_its_reader() {
    let place = Place::new();
    let mut command = std::process::Command::new("sh");
    let line = format!("'{}' plan everyday | head -n 1", env!("CARGO_BIN_EXE_faultmart"));
    command.args(["-c", &line]).current_dir(place.path());
    let output = finish(command);
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), 1);
}
