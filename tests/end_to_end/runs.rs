//! What a run promises: that each fault strikes whom it was meant for and shows, that a healthy shop shows nothing, and that
//! every request, fault and span is accounted for; on SQLite, and on PostgreSQL where there is one.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Place, Run, databases, spans_of};

/// Runs a scenario on each database and looks at each run.
fn on_each_database(text: &str, look: impl Fn(&Run)) {
    for database in databases() {
        let place = Place::new();
        let run = place.run_alone(text, &database);
        assert_eq!(
            run.code(),
            Some(0),
            "{database:?}: {}\n{:#}",
            run.errors(),
            run.summary
        );
        run.assert_accounted();
        look(&run);
    }
}

fn fault<'a>(run: &'a Run, name: &str) -> &'a Value {
    let all = run.summary["faults"].as_array().expect("faults");
    all.iter()
        .find(|fault| fault["fault"] == name)
        .unwrap_or_else(|| panic!("no {name} in {all:#?}"))
}

/// The largest number of spans of that name in one trace, among traces whose truth says whether the fault struck.
fn most_spans(run: &Run, span_name: &str, struck: bool) -> usize {
    let affected: BTreeSet<String> = run
        .lines("truth.jsonl")
        .iter()
        .filter(|line| line["applied"] == true)
        .filter_map(|line| line["trace_id"].as_str().map(str::to_owned))
        .collect();
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for batch in run.lines("traces.otlp.jsonl.zst") {
        for span in spans_of(&batch) {
            let trace = span["traceId"].as_str().expect("a trace id").to_owned();
            if span["name"] == span_name && affected.contains(&trace) == struck {
                *counts.entry(trace).or_default() += 1;
            }
        }
    }
    counts.into_values().max().unwrap_or(0)
}

const SMALL_SHOP: &str = "shop: { users: 100, products: 400, orders: 4_000 }\n";

#[test]
fn n_plus_one_sql_is_one_query_a_row_for_those_it_picks_and_for_no_one_else() {
    let text = format!(
        "title: t\n{SMALL_SHOP}load:\n  - {{ journey: order-history, rate: 25/s, for: 4s }}\nfaults:\n  \
         - {{ fault: n-plus-one-sql, at: orders.list-orders, share: 50% }}\n"
    );
    on_each_database(&text, |run| {
        assert!(fault(run, "n-plus-one-sql")["applied"].as_u64() > Some(20));
        assert!(most_spans(run, "SELECT order_items", true) > 10);
        assert_eq!(most_spans(run, "SELECT order_items", false), 1);
    });
}

#[test]
fn slow_query_makes_those_it_picks_slower() {
    let text = "title: t\nshop: { users: 100, products: 20_000, orders: 100 }\n\
        load:\n  - { journey: search, rate: 20/s, for: 4s }\n\
        faults:\n  - { fault: slow-query, at: catalog.search, share: 50% }\n";
    on_each_database(text, |run| {
        assert!(fault(run, "slow-query")["applied"].as_u64() > Some(20));
        assert!(
            run.median_ms("search", "affected") > 1.5 * run.median_ms("search", "healthy"),
            "{:#}",
            run.summary
        );
    });
}

#[test]
fn network_latency_is_measured_where_it_is_held() {
    let text = format!(
        "title: t\n{SMALL_SHOP}load:\n  - {{ journey: account, rate: 30/s, for: 4s }}\nfaults:\n  \
         - {{ fault: network-latency, at: gateway->users, delay: 60ms, share: 40% }}\n"
    );
    on_each_database(&text, |run| {
        let effect = &fault(run, "network-latency")["effect"];
        assert_eq!(effect["unit"], "ms");
        assert!(effect["p50"].as_f64().expect("a median") >= 60.0, "{effect:#}");
        assert!(run.median_ms("account", "affected") > 60.0, "{:#}", run.summary);
        assert!(run.median_ms("account", "healthy") < 60.0, "{:#}", run.summary);
    });
}

#[test]
fn a_call_that_was_reset_or_swallowed_has_failed_and_so_have_no_others() {
    for (name, has_callee) in [("connection-reset", true), ("black-hole", false)] {
        let text = format!(
            "title: t\n{SMALL_SHOP}load:\n  - {{ journey: account, rate: 20/s, for: 3s }}\nfaults:\n  \
             - {{ fault: {name}, at: gateway->users, share: 30% }}\n"
        );
        on_each_database(&text, |run| {
            let fault = fault(run, name);
            assert!(fault["applied"].as_u64() > Some(8), "{fault:#}");
            assert_eq!(
                fault["applied"].as_f64(),
                Some(run.number("/load/failed")),
                "{:#}",
                run.summary
            );
            assert_eq!(
                run.journey("account", "healthy")["failed"],
                0,
                "{:#}",
                run.summary
            );
            assert_eq!(most_spans(run, "GET /session", true), 1 + usize::from(has_callee));
        });
    }
}

#[test]
fn connections_that_are_not_kept_cost_time_and_no_answers() {
    let text = format!(
        "title: t\n{SMALL_SHOP}load:\n  - {{ mix: {{ account: 2, product: 2, checkout: 1 }}, rate: 60/s, for: 4s }}\nfaults:\n  \
         - {{ fault: connection-churn, at: client->gateway, handshake: 1ms }}\n  \
         - {{ fault: connection-churn, at: gateway->users, handshake: 1ms }}\n  \
         - {{ fault: connection-churn, at: gateway->catalog, share: 50%, handshake: 20ms }}\n  \
         - {{ fault: connection-churn, at: orders->payments, handshake: 0ms }}\n  \
         - {{ fault: slow-close, at: catalog->users, hold: 20ms }}\n  \
         - {{ fault: slow-close, at: gateway->orders, share: 50%, hold: 20ms }}\n  \
         - {{ fault: connection-churn, at: fulfilment->fulfilment, handshake: 5ms }}\n"
    );
    on_each_database(&text, |run| {
        assert_eq!(run.number("/load/failed"), 0.0, "{:#}", run.summary);
        for fault in run.summary["faults"].as_array().expect("faults") {
            assert_eq!(fault["applied"], fault["intended"], "{fault:#}");
        }
    });
}

#[test]
fn lock_contention_makes_others_wait_and_they_are_known() {
    let text = "title: t\nshop: { users: 100, products: 20, orders: 100 }\n\
        load:\n  - { journey: checkout, rate: 15/s, for: 8s }\n\
        faults:\n  - { fault: lock-contention, at: orders.reserve-stock, share: 60%, from: 3s }\n";
    on_each_database(text, |run| {
        let fault = fault(run, "lock-contention");
        assert!(fault["applied"].as_u64() > Some(10), "{fault:#}");
        assert!(fault["bystanders"].as_u64() > Some(0), "{fault:#}");
        let roles: BTreeSet<String> = run
            .lines("truth.jsonl")
            .iter()
            .filter_map(|line| line["role"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(
            roles,
            BTreeSet::from(["bystander".to_owned(), "culprit".to_owned()])
        );
    });
}

#[test]
fn a_healthy_run_has_no_truth_and_every_journey_succeeds() {
    let text = format!(
        "title: t\n{SMALL_SHOP}load:\n  - {{ mix: {{ home: 1, browse: 1, product: 1, search: 1, account: 1, \
         order-history: 1, checkout: 1 }}, rate: 50/s, for: 4s }}\nexpect:\n  - share(errors) = 0%\n"
    );
    on_each_database(&text, |run| {
        assert!(run.lines("truth.jsonl").is_empty());
        assert_eq!(run.number("/load/failed"), 0.0, "{:#}", run.summary);
        // Seven journeys, each with the one cohort that there is beside all.
        let journeys: BTreeSet<&str> = run.summary["load"]["journeys"]
            .as_array()
            .expect("journeys")
            .iter()
            .filter_map(|figures| figures["journey"].as_str())
            .collect();
        assert_eq!(journeys.len(), 7, "{journeys:?}");
        assert!(run.number("/timings_ms/first_trace_stored") > 0.0);
        assert!(run.number("/resources/peak_memory_bytes") > 0.0);
    });
}

#[test]
fn a_checkout_is_followed_across_the_queue_by_a_trace_that_links_to_it() {
    let text = format!("title: t\n{SMALL_SHOP}load:\n  - {{ journey: checkout, rate: 10/s, for: 3s }}\n");
    on_each_database(&text, |run| {
        let batches = run.lines("traces.otlp.jsonl.zst");
        let spans: Vec<&Value> = batches.iter().flat_map(spans_of).collect();
        let checkouts: BTreeSet<&str> = spans
            .iter()
            .filter(|span| span["name"] == "POST /api/orders")
            .filter_map(|span| span["traceId"].as_str())
            .collect();
        let linked: BTreeSet<&str> = spans
            .iter()
            .flat_map(|span| span["links"].as_array().into_iter().flatten())
            .filter_map(|link| link["traceId"].as_str())
            .collect();
        assert!(checkouts.len() > 15, "{}", checkouts.len());
        assert_eq!(
            linked, checkouts,
            "each checkout is fulfilled once before the run ends"
        );
    });
}

#[test]
fn an_expectation_that_does_not_hold_ends_with_1_and_names_traces() {
    let place = Place::new();
    let text = format!(
        "title: t\n{SMALL_SHOP}load:\n  - {{ journey: home, rate: 10/s, for: 2s }}\nexpect:\n  - p(50, home) < 1us\n  - share(errors) < 50%\n  \
         - '{{ resource.service.name = \"load\" }} >> {{ resource.service.name = \"gateway\" }}': at least 99% of healthy\n  \
         - '{{ kind = server }} | count() > 0': never\n"
    );
    let run = place.run(&text, &[]);
    assert_eq!(run.code(), Some(1), "{}", run.errors());
    let verdicts = run.summary["expectations"].as_array().expect("expectations");
    assert_eq!(
        verdicts
            .iter()
            .map(|verdict| verdict["held"] == true)
            .collect::<Vec<_>>(),
        [false, true, true, false],
        "{verdicts:#?}"
    );
    for verdict in [&verdicts[0], &verdicts[3]] {
        assert!(
            !verdict["trace_ids"].as_array().expect("ids").is_empty(),
            "{verdicts:#?}"
        );
    }
}

#[test]
fn the_same_seed_intends_the_same_truth() {
    let place = Place::new();
    let text = format!(
        "title: t\n{SMALL_SHOP}load:\n  - {{ journey: product, rate: 30/s, for: 2s }}\nfaults:\n  \
         - {{ fault: n-plus-one-sql, at: catalog.product, share: 30% }}\n"
    );
    let intended = |out: &str| {
        let run = place.run_into(out, &text, &[]);
        assert_eq!(run.code(), Some(0), "{}", run.errors());
        let mut lines: Vec<(u64, String)> = run
            .lines("truth.jsonl")
            .iter()
            .filter(|line| line["intended"] == true)
            .map(|line| {
                (
                    line["sequence"].as_u64().expect("a sequence"),
                    line["trace_id"].to_string(),
                )
            })
            .collect();
        lines.sort();
        lines
    };
    let first = intended("one");
    assert!(first.len() > 5);
    assert_eq!(first, intended("two"));
}
