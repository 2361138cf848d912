//! Faults that are set for a time: the truth has a line for each window and one for each request that it hit, whoever is outside of it
//! is untouched, every span is accounted for, also of a process that died, and a second after the window nobody suffers any more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::{Place, Run};

const SHOP: &str = "shop: { users: 100, products: 400, orders: 1_000 }\n";

/// Runs one fault from 1s to 3s of 5s, and holds what holds for each of them.
fn run(load: &str, fault: &str) -> (Place, Run) {
    let place = Place::new();
    let text = format!(
        "title: t\n{SHOP}load:\n  - {{ {load}, for: 5s }}\nfaults:\n  - {{ {fault}, from: 1s, until: 3s }}\n"
    );
    let run = place.run(&text, &[]);
    assert_eq!(run.code(), Some(0), "{}\n{:#}", run.errors(), run.summary);
    run.assert_accounted();
    let account = account(&run);
    assert_eq!(
        (&account["scope"], &account["intended"], &account["applied"]),
        (&Value::from("window"), &Value::from(1), &Value::from(1)),
        "{account:#}"
    );
    assert_eq!(account["manual"], 0, "{account:#}");
    assert!(account["hit"].as_u64() > Some(0), "{account:#}");
    assert!(account["effect"]["max"].as_f64() > Some(0.0), "{account:#}");

    let truth = run.lines("truth.jsonl");
    let (windows, hits): (Vec<&Value>, Vec<&Value>) =
        truth.iter().partition(|line| line["window"].is_object());
    let [window] = windows[..] else {
        panic!("{windows:#?}")
    };
    assert_eq!(window["window"]["from_ms"], 1_000);
    assert!(
        window["window"]["cleared_ms"].as_f64() >= Some(3_000.0),
        "{window:#}"
    );
    assert!(window.get("trace_id").is_none());
    let mut traces = BTreeSet::new();
    for hit in hits.iter().filter(|hit| hit["role"] == "culprit") {
        assert_eq!(
            (&hit["intended"], &hit["applied"]),
            (&Value::Bool(true), &Value::Bool(true))
        );
        let trace = hit["trace_id"].as_str().expect("a trace");
        assert_ne!(trace, "0".repeat(32));
        traces.insert(trace.to_owned());
    }
    assert_eq!(account["hit"].as_u64(), Some(traces.len() as u64), "{account:#}");
    let cleared = window["window"]["cleared_ms"].as_f64().expect("a time");
    assert_healed(&run, cleared + 1_000.0);
    (place, run)
}

/// Whoever was due after that moment was neither hit nor a bystander, and was answered.
fn assert_healed(run: &Run, after_ms: f64) {
    let late: BTreeSet<String> = run
        .lines("plan.jsonl.zst")
        .iter()
        .filter(|line| line["at_us"].as_f64() > Some(after_ms * 1_000.0))
        .map(|line| line["trace_id"].as_str().expect("a trace").to_owned())
        .collect();
    assert!(!late.is_empty(), "nobody came after {after_ms} ms");
    let struck: Vec<String> = hit(run).intersection(&late).cloned().collect();
    assert!(struck.is_empty(), "{struck:?}");
    for (service, span) in spans(run) {
        if service == "load" && late.contains(&trace(&span)) {
            assert_ne!(span["status"]["code"], 2, "{span:#}");
        }
    }
}

fn account(run: &Run) -> &Value {
    let [account] = &run.summary["faults"].as_array().expect("faults")[..] else {
        panic!("{:#}", run.summary["faults"])
    };
    account
}

/// All spans, each with its service.
fn spans(run: &Run) -> Vec<(String, Value)> {
    let mut spans = Vec::new();
    for batch in run.lines("traces.otlp.jsonl.zst") {
        for resource in batch["resourceSpans"].as_array().into_iter().flatten() {
            let service = resource["resource"]["attributes"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|attribute| attribute["key"] == "service.name")
                .and_then(|attribute| attribute["value"]["stringValue"].as_str())
                .unwrap_or_default()
                .to_owned();
            let scopes = resource["scopeSpans"].as_array().into_iter().flatten();
            for span in scopes.flat_map(|scope| scope["spans"].as_array().into_iter().flatten()) {
                spans.push((service.clone(), span.clone()));
            }
        }
    }
    spans
}

/// The resources under which that service sent its spans: one for each of its processes.
fn instances(run: &Run, service: &str) -> BTreeSet<String> {
    run.lines("traces.otlp.jsonl.zst")
        .iter()
        .flat_map(|batch| batch["resourceSpans"].as_array().cloned().unwrap_or_default())
        .map(|resource| resource["resource"]["attributes"].to_string())
        .filter(|attributes| attributes.contains(&format!("\"{service}\"")))
        .collect()
}

/// The traces that the fault hit.
fn hit(run: &Run) -> BTreeSet<String> {
    run.lines("truth.jsonl")
        .iter()
        .filter_map(|line| line["trace_id"].as_str().map(str::to_owned))
        .collect()
}

fn trace(span: &Value) -> String {
    span["traceId"].as_str().expect("a trace").to_owned()
}

fn nanoseconds(span: &Value, field: &str) -> i128 {
    span[field]
        .as_str()
        .and_then(|text| text.parse().ok())
        .expect("a time")
}

#[test]
fn broken_propagation_leaves_the_callee_in_traces_of_its_own() {
    let (_place, run) = run(
        "journey: account, rate: 25/s",
        "fault: broken-propagation, at: gateway",
    );
    let hit = hit(&run);
    for (service, span) in spans(&run).iter().filter(|(service, _)| service == "users") {
        assert!(!hit.contains(&trace(span)), "{service}: {span:#}");
    }
    let untouched = spans(&run).iter().any(|(service, span)| {
        service == "users" && span["name"] == "GET /session" && !hit.contains(&trace(span))
    });
    assert!(untouched);
}

#[test]
fn clock_skew_shifts_the_spans_of_one_service_and_leaves_their_length() {
    let (_place, run) = run(
        "journey: account, rate: 25/s",
        "fault: clock-skew, at: users, offset: 700ms, direction: behind",
    );
    let truth = run.lines("truth.jsonl");
    let told: BTreeSet<&str> = truth
        .iter()
        .flat_map(|line| line["span_ids"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect();
    let all = spans(&run);
    for (_, server) in all
        .iter()
        .filter(|(service, span)| service == "users" && span["name"] == "GET /session")
    {
        let Some((_, client)) = all
            .iter()
            .find(|(_, span)| span["spanId"] == server["parentSpanId"])
        else {
            panic!("an orphan: {server:#}")
        };
        let shifted = nanoseconds(client, "startTimeUnixNano") - nanoseconds(server, "startTimeUnixNano");
        let is_behind = shifted > 500_000_000;
        let is_told = told.contains(server["spanId"].as_str().expect("an id"));
        assert_eq!(is_behind, is_told, "{shifted}");
        let length = |span| nanoseconds(span, "endTimeUnixNano") - nanoseconds(span, "startTimeUnixNano");
        assert!(length(server) >= 0 && length(server) <= length(client));
    }
}

#[test]
fn dropped_spans_are_counted_as_dropped() {
    let (_place, run) = run(
        "journey: order-history, rate: 40/s",
        "fault: dropped-spans, at: orders, queue: 1",
    );
    let dropped = run.number("/spans/by_service/orders/dropped");
    let effect: f64 = run
        .lines("truth.jsonl")
        .iter()
        .filter_map(|line| line["effect"]["value"].as_f64())
        .sum();
    assert!(dropped > 10.0, "{dropped}");
    assert_eq!(dropped, effect);
}

#[test]
fn head_sampling_leaves_out_whole_traces_below_the_service() {
    let (_place, run) = run(
        "journey: search, rate: 40/s",
        "fault: head-sampling, at: catalog, keep: 0.2",
    );
    let hit = hit(&run);
    assert!(run.number("/spans/by_service/catalog/unsampled") > 10.0);
    let all = spans(&run);
    let kept: BTreeSet<String> = all
        .iter()
        .filter(|(service, span)| service == "catalog" && hit.contains(&trace(span)))
        .map(|(_, span)| trace(span))
        .collect();
    // A request that is being served when the sampler changes has half of its spans.
    assert!(kept.len() <= 2, "{kept:?} of {}", hit.len());
}

#[test]
fn late_spans_arrive_all_the_same() {
    let (_place, run) = run(
        "journey: search, rate: 25/s",
        "fault: late-spans, at: catalog, delay: 1s",
    );
    assert_eq!(run.number("/spans/dropped"), 0.0);
}

#[test]
fn wrong_kind_marks_calls_as_work_while_it_lasts() {
    let (_place, run) = run(
        "journey: order-history, rate: 25/s",
        "fault: wrong-kind, at: orders",
    );
    let hit = hit(&run);
    let mut kinds = BTreeSet::new();
    for (_, span) in spans(&run)
        .iter()
        .filter(|(service, span)| service == "orders" && span["name"] == "SELECT order_items")
    {
        // 1 is internal, 3 is client.
        kinds.insert((hit.contains(&trace(span)), span["kind"].as_u64()));
    }
    assert_eq!(kinds, BTreeSet::from([(false, Some(3)), (true, Some(1))]));
}

#[test]
fn a_service_that_crashed_comes_again_and_its_spans_are_accounted_for() {
    let (_place, run) = run("journey: search, rate: 25/s", "fault: crash, at: catalog");
    let failed = run.number("/load/failed");
    assert!(failed > 10.0, "{failed}");
    assert!(
        account(&run)["hit"].as_u64() >= Some(failed as u64),
        "{:#}",
        run.summary
    );
    assert_eq!(instances(&run, "catalog").len(), 2, "one before, one after");
}

#[test]
fn a_service_that_hangs_keeps_everybody_waiting_until_it_is_over() {
    let (_place, run) = run("journey: account, rate: 15/s", "fault: hang, at: users");
    assert!(
        account(&run)["effect"]["max"].as_f64() > Some(1_000.0),
        "{:#}",
        account(&run)
    );
    let hit = hit(&run);
    for line in run
        .lines("truth.jsonl")
        .iter()
        .filter(|line| line["sequence"].is_u64())
    {
        assert_eq!(line["journey"], "account");
    }
    assert!(hit.len() > 10);
}

#[test]
fn a_slow_consumer_lets_the_queue_grow_and_catches_up() {
    let (_place, run) = run(
        "journey: checkout, rate: 12/s",
        "fault: queue-backlog, at: fulfilment, poll: 300ms",
    );
    assert!(
        account(&run)["effect"]["max"].as_f64() > Some(300.0),
        "{:#}",
        account(&run)
    );
    assert!(
        account(&run)["bystanders"].as_u64() > Some(0),
        "{:#}",
        account(&run)
    );
}

#[test]
fn a_poison_message_blocks_those_behind_it() {
    let (_place, run) = run(
        "journey: checkout, rate: 12/s",
        "fault: poison-message, at: fulfilment, retry: 100ms",
    );
    assert_eq!(account(&run)["hit"], 1, "{:#}", account(&run));
    assert!(
        account(&run)["effect"]["max"].as_f64() > Some(1_000.0),
        "{:#}",
        account(&run)
    );
    assert!(
        account(&run)["bystanders"].as_u64() > Some(5),
        "{:#}",
        account(&run)
    );
    let failed = spans(&run)
        .iter()
        .filter(|(service, span)| {
            service == "fulfilment" && span["name"] == "POST /functions/reserve" && span["kind"] == 3
        })
        .filter(|(_, span)| span["status"]["code"] == 2)
        .count();
    assert!(failed > 5, "{failed}");
}

#[test]
fn quick_work_queues_behind_slow_work_while_there_are_few_workers() {
    let (_place, run) = run(
        "mix: { checkout: 1, account: 2 }, rate: 45/s",
        "fault: worker-starvation, at: gateway, workers: 1",
    );
    assert!(
        account(&run)["bystanders"].as_u64() > Some(5),
        "{:#}",
        account(&run)
    );
    // Who queued is told of, and nobody else has such a span.
    let hit = hit(&run);
    let mut queued = 0;
    for (service, span) in spans(&run) {
        if span["name"] == "worker queue" {
            assert_eq!(service, "gateway");
            assert!(hit.contains(&trace(&span)), "{span:#}");
            queued += 1;
        }
    }
    assert!(queued > 5, "{queued}");
}

#[test]
fn a_service_that_comes_up_late_lets_everybody_wait_and_says_what_it_was_doing() {
    let (_place, run) = run(
        "journey: search, rate: 25/s",
        "fault: slow-start, at: catalog, rows: 2000",
    );
    assert_eq!(instances(&run, "catalog").len(), 2, "one before, one after");
    let all = spans(&run);
    let (_, warm_up) = all
        .iter()
        .find(|(service, span)| service == "catalog" && span["name"] == "warm up")
        .expect("it says what it was doing");
    // One query a row; where the machine is busy, a wait for a connection may stand beside them.
    let (queries, others): (Vec<_>, Vec<_>) = all
        .iter()
        .filter(|(_, span)| span["parentSpanId"] == warm_up["spanId"])
        .partition(|(_, span)| span["kind"] == 3);
    assert_eq!(queries.len(), 2_000);
    for (_, span) in others {
        assert_eq!(span["name"], "pool acquire", "{span:#}");
    }
    // It had nothing in progress when it went, and has lost nothing.
    assert_eq!(run.number("/spans/open_at_death"), 0.0);
    assert_eq!(run.number("/spans/lost_at_death"), 0.0);
    // Whoever waited was served when the warm-up had ended.
    let ended = nanoseconds(warm_up, "endTimeUnixNano");
    let hit = hit(&run);
    for (service, span) in &all {
        let is_catalog_s = service == "catalog" && span["name"] == "GET /search";
        if is_catalog_s && hit.contains(&trace(span)) {
            assert!(nanoseconds(span, "startTimeUnixNano") >= ended, "{span:#}");
        }
    }
}

#[test]
fn what_is_set_in_a_service_stays_set_however_its_process_is_followed_by_another() {
    let place = Place::new();
    let run = place.run(
        "title: t\nshop: { users: 100, products: 400, orders: 100 }\nload:\n  - { journey: product, rate: 30/s, for: 8s }\nfaults:\n  \
         - { fault: wrong-kind, at: catalog, from: 500ms, until: 7s }\n  \
         - { fault: slow-start, at: catalog, rows: 300, from: 1s, until: 2s }\n  \
         - { fault: crash, at: catalog, from: 3s, until: 3500ms }\n\
         distractors:\n  - { distractor: deploy, at: catalog, from: 5s }\n",
        &[],
    );
    assert_eq!(run.code(), Some(0), "{}\n{:#}", run.errors(), run.summary);
    run.assert_accounted();
    for fault in run.summary["faults"].as_array().expect("faults") {
        assert_eq!(
            (&fault["applied"], &fault["missed"]),
            (&Value::from(1), &Value::from(0)),
            "{fault:#}"
        );
    }
    // The kinds of the queries of each process for somebody, in the order in which the processes began.
    let asked: BTreeSet<String> = run
        .lines("plan.jsonl.zst")
        .iter()
        .map(|line| line["trace_id"].as_str().expect("a trace").to_owned())
        .collect();
    let mut kinds: BTreeMap<String, (i128, BTreeSet<i64>)> = BTreeMap::new();
    for batch in run.lines("traces.otlp.jsonl.zst") {
        for resource in batch["resourceSpans"].as_array().into_iter().flatten() {
            let attributes = resource["resource"]["attributes"].to_string();
            if !attributes.contains("\"catalog\"") {
                continue;
            }
            let spans = resource["scopeSpans"].as_array().into_iter().flatten();
            let spans = spans.flat_map(|scope| scope["spans"].as_array().into_iter().flatten());
            for span in spans.filter(|span| span["name"] == "SELECT products" && asked.contains(&trace(span)))
            {
                let begun = nanoseconds(span, "startTimeUnixNano");
                let (first, kinds) = kinds
                    .entry(attributes.clone())
                    .or_insert((begun, BTreeSet::new()));
                *first = begun.min(*first);
                kinds.insert(span["kind"].as_i64().expect("a kind"));
            }
        }
    }
    let mut processes: Vec<(i128, BTreeSet<i64>)> = kinds.into_values().collect();
    processes.sort();
    let kinds: Vec<Vec<i64>> = processes
        .into_iter()
        .map(|(_, kinds)| kinds.into_iter().collect())
        .collect();
    // Before it was set, and after it was cleared, they are calls (3); while it is, work (1).
    assert_eq!(kinds, [vec![1, 3], vec![1], vec![1], vec![1, 3]]);
}
