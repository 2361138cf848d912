//! Harmless oddities are real, are told as innocent, and are no fault's.

use std::collections::HashSet;

use serde_json::Value;

use crate::support::{Place, Run, databases, spans_of};

const SCENARIO: &str = "
shop: { users: 100, products: 500, orders: 500 }
load:
  - { journey: product, rate: 15/s, for: 4s }
  - { journey: checkout, rate: 8/s, for: 4s }
distractors:
  - { distractor: export, rate: 4/s }
  - { distractor: polling-client, rate: 8/s, until: 3s }
  - { distractor: nightly-job, rate: 1/s, from: 1s }
  - { distractor: slow-provider, factor: 5, from: 2s, until: 3s }
  - { distractor: deploy, at: catalog, from: 2s }
faults:
  - { fault: network-latency, at: client->gateway, delay: 20ms, from: 1s }
";

fn innocents(run: &Run) -> Vec<Value> {
    run.lines("truth.jsonl")
        .into_iter()
        .filter(|line| line["role"] == "innocent")
        .collect()
}

#[test]
fn oddities_happen_are_told_as_innocent_and_are_struck_by_nothing() {
    for database in databases() {
        let place = Place::new();
        let name = place.scenario(SCENARIO);
        let run = place.run_named("out", name, &database);
        assert_eq!(run.code(), Some(0), "{}", run.errors());
        run.assert_accounted();
        let innocents = innocents(&run);
        let of = |name: &str| innocents.iter().filter(|line| line["distractor"] == name).count();
        assert_eq!(of("export"), 16);
        assert_eq!(of("polling-client"), 24);
        assert_eq!(of("nightly-job"), 3);
        assert_eq!((of("slow-provider"), of("deploy")), (1, 1));
        // They are requests of the plan, and no fault picked one: `client->gateway` is crossed by all.
        let traces: HashSet<&str> = innocents
            .iter()
            .filter_map(|line| line["trace_id"].as_str())
            .collect();
        assert_eq!(traces.len(), 43);
        let truth = run.lines("truth.jsonl");
        let struck = truth.iter().filter(|line| line["fault"] == "network-latency");
        assert!(struck.clone().count() > 20);
        assert!(
            struck
                .clone()
                .all(|line| !traces.contains(line["trace_id"].as_str().expect("a trace")))
        );
        let told = run.summary["distractors"].as_array().expect("distractors");
        assert_eq!(told.len(), 5, "{told:#?}");
    }
}

#[test]
fn a_deploy_is_a_new_instance_and_no_request_fails() {
    let place = Place::new();
    let run = place.run(SCENARIO, &["--no-faults"]);
    assert_eq!(run.code(), Some(0), "{}", run.errors());
    run.assert_accounted();
    assert!(run.summary["faults"].as_array().expect("faults").is_empty());
    assert_eq!(innocents(&run).len(), 45, "they stay without the faults");
    assert_eq!(run.number("/load/failed"), 0.0, "{:#}", run.summary["load"]);
    let mut instances = HashSet::new();
    for batch in run.lines("traces.otlp.jsonl.zst") {
        for resource in batch["resourceSpans"].as_array().into_iter().flatten() {
            let attributes = resource["resource"]["attributes"].as_array().expect("attributes");
            let text = |key: &str| {
                let found = attributes.iter().find(|attribute| attribute["key"] == key)?;
                found["value"]["stringValue"].as_str().map(str::to_owned)
            };
            if text("service.name").as_deref() == Some("catalog") && !spans_of(&batch).is_empty() {
                instances.insert(text("service.instance.id"));
            }
        }
    }
    assert_eq!(instances.len(), 2);
}
