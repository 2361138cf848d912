use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::baggage::ActiveFault;
use crate::plan::{PlannedRequest, Request};

const ORDERS: &str = "orders.list-orders";
const STOCK: &str = "orders.reserve-stock";

fn request(sequence: u64, faults: &[(&str, &str)]) -> PlannedRequest {
    let mut trace_id = [0; 16];
    trace_id[8..].copy_from_slice(&sequence.to_be_bytes());
    PlannedRequest {
        sequence,
        at: Duration::ZERO,
        journey: Arc::from("order-history"),
        user: 1,
        trace_id,
        root_span_id: [1; 8],
        request: Request {
            method: Cow::Borrowed("GET"),
            path: "/".to_owned(),
            headers: Vec::new(),
            body: None,
        },
        faults: faults
            .iter()
            .map(|(fault, at)| {
                ActiveFault::new(fault, at, Default::default()).expect("a fault of the catalogue")
            })
            .collect(),
    }
}

fn applied(sequence: Option<u64>, fault: &'static str, at: &str, role: Role, effect: f64) -> Applied {
    Applied {
        trace_id: request(sequence.unwrap_or(u64::MAX), &[]).trace_id,
        span_ids: vec![[7; 8]],
        sequence,
        fault,
        at: at.to_owned(),
        role,
        effect,
        at_unix_ns: 1,
    }
}

fn the_account(ledger: &Ledger) -> FaultAccount {
    let mut accounts = ledger.accounts();
    assert_eq!(accounts.len(), 1, "{accounts:?}");
    accounts.remove(0)
}

#[test]
fn intended_is_applied_and_prevented_and_missed() {
    let mut ledger = Ledger::new();
    for sequence in 0..5 {
        ledger.started(&request(sequence, &[("n-plus-one-sql", ORDERS)]));
    }
    ledger.applied(applied(Some(0), "n-plus-one-sql", ORDERS, Role::Culprit, 21.0));
    ledger.outcome(0, Outcome::Completed);
    ledger.outcome(1, Outcome::Completed);
    ledger.outcome(2, Outcome::Failed("status 503".to_owned()));
    ledger.outcome(3, Outcome::Aborted);
    let account = the_account(&ledger);
    assert_eq!(
        (
            account.intended,
            account.applied,
            account.prevented,
            account.missed
        ),
        (5, 1, 3, 1)
    );
    assert_eq!(
        account.prevented_by.into_iter().collect::<Vec<_>>(),
        [("aborted".to_owned(), 2), ("status 503".to_owned(), 1)]
    );
    assert_eq!(
        account.effect.map(|effect| (effect.name, effect.max)),
        Some(("queries".to_owned(), 21.0))
    );
}

#[test]
fn a_fault_that_struck_before_its_request_failed_was_applied() {
    let mut ledger = Ledger::new();
    ledger.started(&request(0, &[("n-plus-one-sql", ORDERS)]));
    ledger.outcome(0, Outcome::Failed("timeout".to_owned()));
    ledger.applied(applied(Some(0), "n-plus-one-sql", ORDERS, Role::Culprit, 3.0));
    assert_eq!(
        (the_account(&ledger).applied, the_account(&ledger).prevented),
        (1, 0)
    );
}

#[test]
fn culprits_are_told_from_victims() {
    let mut ledger = Ledger::new();
    ledger.started(&request(0, &[("lock-contention", STOCK)]));
    ledger.started(&request(1, &[]));
    ledger.applied(applied(Some(0), "lock-contention", STOCK, Role::Culprit, 40.0));
    ledger.applied(applied(Some(1), "lock-contention", STOCK, Role::Bystander, 35.0));
    ledger.applied(applied(Some(1), "lock-contention", STOCK, Role::Bystander, 5.0));
    ledger.applied(applied(Some(2), "lock-contention", STOCK, Role::Culprit, 1.0));
    ledger.applied(applied(None, "lock-contention", STOCK, Role::Culprit, 9.0));
    let account = the_account(&ledger);
    assert_eq!((account.bystanders, account.unplanned, account.manual), (1, 1, 1));
    assert_eq!(
        account.effect.expect("struck").max,
        40.0,
        "of planned strikes only"
    );
    assert_eq!(
        ledger.cohort(0),
        Cohort::Affected(vec![("lock-contention", STOCK.to_owned())])
    );
    assert_eq!(ledger.cohort(1), Cohort::Bystander);
    assert_eq!(ledger.cohort(9), Cohort::Healthy);
}

#[test]
fn one_that_never_got_there_is_neither_affected_nor_healthy() {
    let mut ledger = Ledger::new();
    ledger.started(&request(0, &[("n-plus-one-sql", ORDERS)]));
    ledger.outcome(0, Outcome::Failed("status 503".to_owned()));
    assert_eq!(ledger.cohort(0), Cohort::Prevented);
}

#[test]
fn crossing_an_edge_twice_is_one_strike_with_both_delays() {
    let mut ledger = Ledger::new();
    ledger.started(&request(0, &[("network-latency", "gateway->catalog")]));
    for _ in 0..2 {
        ledger.applied(applied(
            Some(0),
            "network-latency",
            "gateway->catalog",
            Role::Culprit,
            80.0,
        ));
    }
    let account = the_account(&ledger);
    assert_eq!((account.applied, account.unplanned), (1, 0));
    assert_eq!(account.effect.expect("struck").max, 160.0);
}

#[test]
fn truth_is_written_as_the_contract_says() {
    let mut ledger = Ledger::new();
    ledger.started(&request(
        17,
        &[("n-plus-one-sql", ORDERS), ("network-latency", "gateway->orders")],
    ));
    ledger.applied(applied(Some(17), "n-plus-one-sql", ORDERS, Role::Culprit, 21.0));
    ledger.outcome(17, Outcome::Failed("timeout".to_owned()));
    let mut bytes = Vec::new();
    ledger.write_truth(&mut bytes).expect("memory");
    let lines = String::from_utf8(bytes).expect("JSON");
    assert_eq!(
        lines.lines().collect::<Vec<_>>(),
        [
            concat!(
                r#"{"trace_id":"00000000000000000000000000000011","sequence":17,"journey":"order-history","#,
                r#""fault":"network-latency","at":"gateway->orders","intended":true,"applied":false,"#,
                r#""prevented":"timeout","role":"culprit","span_ids":[],"effect":null}"#,
            ),
            concat!(
                r#"{"trace_id":"00000000000000000000000000000011","sequence":17,"journey":"order-history","#,
                r#""fault":"n-plus-one-sql","at":"orders.list-orders","intended":true,"applied":true,"#,
                r#""prevented":null,"role":"culprit","span_ids":["0707070707070707"],"#,
                r#""effect":{"name":"queries","value":21}}"#,
            ),
        ]
    );
}

fn window(fault: &'static str, at: &str, outcome: WindowOutcome) -> Window {
    Window {
        fault,
        at: at.to_owned(),
        from: Duration::from_secs(2),
        until: Duration::from_secs(4),
        outcome,
    }
}

fn applied_window(fault: &'static str, at: &str) -> Window {
    let outcome = WindowOutcome::Applied {
        asked: Duration::from_millis(2_000),
        set: Duration::from_micros(2_001_500),
        cleared: Duration::from_millis(4_002),
    };
    window(fault, at, outcome)
}

#[test]
fn whoever_a_window_hits_is_hit_as_intended() {
    let mut ledger = Ledger::new();
    ledger.window(applied_window("n-plus-one-sql", ORDERS));
    ledger.applied(applied(Some(3), "n-plus-one-sql", ORDERS, Role::Culprit, 4.0));
    ledger.applied(applied(Some(3), "n-plus-one-sql", ORDERS, Role::Culprit, 4.0));
    ledger.applied(applied(Some(4), "n-plus-one-sql", ORDERS, Role::Bystander, 1.0));
    ledger.applied(applied(None, "n-plus-one-sql", ORDERS, Role::Culprit, 2.0));
    let account = the_account(&ledger);
    assert_eq!(account.scope, AccountScope::Window);
    assert_eq!((account.intended, account.applied, account.missed), (1, 1, 0));
    assert_eq!((account.hit, account.bystanders, account.connections), (2, 1, 0));
    assert_eq!((account.manual, account.unplanned), (0, 0));
    assert_eq!(account.effect.expect("struck").max, 8.0);
    assert_eq!(
        ledger.cohort(3),
        Cohort::Affected(vec![("n-plus-one-sql", ORDERS.to_owned())])
    );
}

#[test]
fn what_was_reported_by_its_trace_alone_is_claimed_by_the_request_of_the_plan() {
    let mut ledger = Ledger::new();
    ledger.window(applied_window("n-plus-one-sql", ORDERS));
    for trace in [5, 5, 6] {
        ledger.applied(Applied {
            trace_id: request(trace, &[]).trace_id,
            ..applied(None, "n-plus-one-sql", ORDERS, Role::Culprit, 1.0)
        });
    }
    let mut unclaimed = ledger.unclaimed();
    for sequence in 0..6 {
        ledger.claim(&mut unclaimed, &request(sequence, &[]));
    }
    ledger.keep(unclaimed);
    assert_eq!(ledger.cohort(4), Cohort::Healthy);
    assert!(matches!(ledger.cohort(5), Cohort::Affected(_)));
    assert_eq!(
        ledger.manual.len(),
        1,
        "the one that is of no request of the plan"
    );
    let account = the_account(&ledger);
    assert_eq!((account.hit, account.manual, account.unplanned), (2, 0, 0));
    assert_eq!(account.effect.expect("struck").max, 2.0);
}

#[test]
fn connections_of_a_window_are_counted_and_have_no_trace() {
    let mut ledger = Ledger::new();
    ledger.window(applied_window("network-latency", "orders->database"));
    for delay in [80.0, 90.0] {
        ledger.applied(Applied {
            trace_id: [0; 16],
            span_ids: Vec::new(),
            ..applied(None, "network-latency", "orders->database", Role::Culprit, delay)
        });
    }
    let account = the_account(&ledger);
    assert_eq!(
        (account.applied, account.connections, account.hit, account.manual),
        (1, 2, 0, 0)
    );
    assert_eq!(account.effect.expect("struck").max, 90.0);
    assert_eq!(ledger.lines().count(), 1, "the window's own line alone");
}

#[test]
fn a_window_that_was_not_set_excuses_nobody() {
    let mut ledger = Ledger::new();
    ledger.window(window("n-plus-one-sql", ORDERS, WindowOutcome::Missed));
    ledger.window(window(
        "n-plus-one-sql",
        ORDERS,
        WindowOutcome::Prevented("aborted".to_owned()),
    ));
    ledger.applied(applied(Some(3), "n-plus-one-sql", ORDERS, Role::Culprit, 4.0));
    let account = the_account(&ledger);
    assert_eq!(
        (
            account.intended,
            account.applied,
            account.missed,
            account.prevented
        ),
        (2, 0, 1, 1)
    );
    assert_eq!((account.unplanned, account.hit), (1, 0));
}

#[test]
fn a_window_has_its_times_in_place_of_a_trace() {
    let mut ledger = Ledger::new();
    ledger.window(applied_window("n-plus-one-sql", ORDERS));
    let mut bytes = Vec::new();
    ledger.write_truth(&mut bytes).expect("memory");
    assert_eq!(
        String::from_utf8(bytes).expect("JSON"),
        concat!(
            r#"{"window":{"from_ms":2000,"until_ms":4000,"set_ms":2001.5,"cleared_ms":4002.0},"#,
            r#""fault":"n-plus-one-sql","at":"orders.list-orders","intended":true,"applied":true,"#,
            r#""prevented":null,"role":"culprit","span_ids":[],"effect":null}"#,
            "\n",
        )
    );
}

#[test]
fn what_is_odd_and_harmless_is_told_as_innocent() {
    let mut ledger = Ledger::new();
    ledger.innocent(Innocent::Request {
        sequence: 3,
        trace_id: request(3, &[]).trace_id,
        distractor: "polling-client",
    });
    ledger.innocent(Innocent::Event {
        distractor: "deploy",
        at: "orders".to_owned(),
        from: Duration::from_secs(2),
        until: Duration::from_millis(2_250),
    });
    let mut bytes = Vec::new();
    ledger.write_truth(&mut bytes).expect("memory");
    assert_eq!(
        String::from_utf8(bytes).expect("JSON"),
        concat!(
            r#"{"trace_id":"00000000000000000000000000000003","sequence":3,"distractor":"polling-client","role":"innocent"}"#,
            "\n",
            r#"{"window":{"from_ms":2000.0,"until_ms":2250.0},"distractor":"deploy","at":"orders","role":"innocent"}"#,
            "\n",
        )
    );
    let accounts = ledger.innocent_accounts();
    assert_eq!((accounts[0].events, accounts[1].requests), (1, 1));
    assert!(ledger.accounts().is_empty(), "no fault");
    assert_eq!(ledger.cohort(3), Cohort::Healthy);
}

#[test]
fn requests_that_no_fault_touched_are_not_kept() {
    let mut ledger = Ledger::new();
    for sequence in 0..1_000 {
        ledger.started(&request(sequence, &[]));
        ledger.outcome(sequence, Outcome::Completed);
    }
    assert!(ledger.planned.is_empty());
}

proptest! {
    #[test]
    fn the_equation_always_holds(
        events in proptest::collection::vec((0_u64..20, 0..6), 0..200),
    ) {
        let mut ledger = Ledger::new();
        for (sequence, event) in events {
            match event {
                0 => ledger.started(&request(sequence, &[("n-plus-one-sql", ORDERS)])),
                1 => ledger.outcome(sequence, Outcome::Completed),
                2 => ledger.outcome(sequence, Outcome::Failed("timeout".to_owned())),
                3 => ledger.applied(applied(Some(sequence), "n-plus-one-sql", ORDERS, Role::Culprit, 1.0)),
                4 => ledger.applied(applied(Some(sequence), "n-plus-one-sql", ORDERS, Role::Bystander, 1.0)),
                _ => ledger.applied(applied(None, "n-plus-one-sql", ORDERS, Role::Culprit, 1.0)),
            }
        }
        for account in ledger.accounts() {
            prop_assert_eq!(account.intended, account.applied + account.prevented + account.missed);
            prop_assert_eq!(account.prevented, account.prevented_by.values().sum::<u64>());
        }
    }
}
