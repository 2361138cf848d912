//! What traces show badly: memory that grows and is given back by a restart alone, and functions that are started when they are needed.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Place, Run, spans_of};

/// `process.memory.usage` of a service: for each of its processes the values in bytes, the oldest first.
fn memory(run: &Run, service: &str) -> Vec<Vec<f64>> {
    let mut by_instance: BTreeMap<String, Vec<(u64, f64)>> = BTreeMap::new();
    for batch in run.lines("metrics.otlp.jsonl.zst") {
        for resource in batch["resourceMetrics"].as_array().into_iter().flatten() {
            let attributes = &resource["resource"]["attributes"];
            if attribute(attributes, "service.name") != Some(service) {
                continue;
            }
            let instance = attribute(attributes, "service.instance.id").expect("an instance");
            let scopes = resource["scopeMetrics"].as_array().into_iter().flatten();
            for metric in scopes.flat_map(|scope| scope["metrics"].as_array().into_iter().flatten()) {
                if metric["name"] != "process.memory.usage" {
                    continue;
                }
                for point in metric["sum"]["dataPoints"].as_array().into_iter().flatten() {
                    let value = number(&point["asInt"]);
                    let time = number(&point["timeUnixNano"]) as u64;
                    by_instance
                        .entry(instance.to_owned())
                        .or_default()
                        .push((time, value));
                }
            }
        }
    }
    let mut processes: Vec<Vec<(u64, f64)>> = by_instance.into_values().collect();
    for values in &mut processes {
        values.sort_by_key(|(time, _)| *time);
    }
    processes.sort_by_key(|values| values.first().map(|(time, _)| *time));
    let values = |process: Vec<(u64, f64)>| process.into_iter().map(|(_, value)| value).collect();
    processes.into_iter().map(values).collect()
}

fn attribute<'a>(attributes: &'a Value, key: &str) -> Option<&'a str> {
    let mut attributes = attributes.as_array()?.iter();
    attributes.find(|attribute| attribute["key"] == key)?["value"]["stringValue"].as_str()
}

/// JSON has whole numbers of 64 bits as strings.
fn number(value: &Value) -> f64 {
    let text = value
        .as_str()
        .map(str::to_owned)
        .unwrap_or_else(|| value.to_string());
    text.parse().unwrap_or_else(|_| panic!("no number: {value}"))
}

#[test]
fn memory_that_grows_stays_until_the_service_is_started_again() {
    let place = Place::new();
    // The metric is exported every so often, and when a process ends.
    let text = "title: t
shop: { users: 50, products: 300, orders: 0 }
load:
  - { journey: search, rate: 60/s, for: 6s }
faults:
  - { fault: memory-growth, at: catalog.search, slot: 1MiB, share: 50%, from: 500ms, until: 2s }
  - { fault: slow-start, at: catalog, rows: 1, from: 4s }
";
    let scenario = place.scenario(text);
    let mut command = place.faultmart(&["run", scenario, "--format", "json", "--out", "out"]);
    command.env("OTEL_METRIC_EXPORT_INTERVAL", "200");
    let run = place.finish_run("out", command);
    assert_eq!(run.code(), Some(0), "{}", run.errors());
    run.assert_accounted();
    let growth = run.summary["faults"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|fault| fault["fault"] == "memory-growth")
        .expect("its account");
    let held = growth["effect"]["max"].as_f64().expect("an effect");
    assert_eq!(growth["effect"]["unit"], "bytes");
    assert!(held >= 20.0 * f64::from(1 << 20), "{growth:#}");

    let processes = memory(&run, "catalog");
    let [before, after] = &processes[..] else {
        panic!("{processes:?}")
    };
    // The last value is of its end, when all is given back.
    let (first, last) = (before[0], before[before.len() - 2]);
    let most = before.iter().copied().fold(0.0, f64::max);
    assert!(most >= first + 0.8 * held, "{first} {most} {held}");
    assert!(
        last >= 0.9 * most,
        "two seconds after the fault it is still there: {most} {last}"
    );
    let healed = after.iter().copied().fold(0.0, f64::max);
    assert!(healed <= most - 0.7 * held, "{most} {healed} {held}");
    // Nobody else has grown.
    for service in ["gateway", "users", "orders"] {
        for values in memory(&run, service) {
            let most = values.iter().copied().fold(0.0, f64::max);
            assert!(most < values[0] + 0.5 * held, "{service}: {values:?}");
        }
    }
}

#[test]
fn a_function_is_started_for_the_orders_that_were_picked_and_for_no_others() {
    let place = Place::new();
    let run = place.run(
        "title: t
shop: { users: 50, products: 300, orders: 0 }
load:
  - { journey: checkout, rate: 10/s, for: 4s }
faults:
  - { fault: cold-start, at: fulfilment.pack, idle: 0ms, package: 1MiB, share: 50%, from: 1s }
",
        &[],
    );
    assert_eq!(run.code(), Some(0), "{}", run.errors());
    run.assert_accounted();
    let [account] = &run.summary["faults"].as_array().expect("faults")[..] else {
        panic!("{:#}", run.summary["faults"])
    };
    let applied = account["applied"].as_u64().expect("a count");
    assert!(applied > 5, "{account:#}");
    assert!(account["effect"]["p50"].as_f64() > Some(0.0), "{account:#}");
    let batches = run.lines("traces.otlp.jsonl.zst");
    let all: Vec<&Value> = batches.iter().flat_map(spans_of).collect();
    let starts: Vec<&&Value> = all
        .iter()
        .filter(|span| span["name"] == "function start")
        .collect();
    assert_eq!(starts.len() as u64, applied, "one for each order that was picked");
    for start in starts {
        let parent = all.iter().find(|span| span["spanId"] == start["parentSpanId"]);
        assert_eq!(parent.expect("its parent")["name"], "POST /functions/pack");
    }
    let packed = all
        .iter()
        .filter(|span| span["name"] == "POST /functions/pack" && span["kind"] == 2);
    assert!(packed.count() as u64 > applied, "others were packed without");
}
