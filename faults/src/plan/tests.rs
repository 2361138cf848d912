//! What a plan is: its lines, its order, its trace ids. Beside it: whom faults pick, and what holds of every plan.

mod picks;
mod properties;

use std::collections::BTreeMap;

use scenarios::model::{CustomRequest, FaultRule, Load, Model, Rate, Shop, Spacing};

use super::*;
use crate::baggage;

fn open_load(mix: &[(&str, u32)], rate: Rate, spacing: Spacing, from: u64, seconds: u64) -> Load {
    Load {
        mix: mix
            .iter()
            .map(|(name, weight)| ((*name).to_owned(), *weight))
            .collect(),
        model: Model::Open { rate, spacing },
        from: Duration::from_secs(from),
        duration: Duration::from_secs(seconds),
    }
}

fn closed_load(journey: &str, users: u32, think_ms: std::ops::RangeInclusive<u64>) -> Load {
    let think = Duration::from_millis(*think_ms.start())..=Duration::from_millis(*think_ms.end());
    Load {
        mix: vec![(journey.to_owned(), 1)],
        model: Model::Closed { users, think },
        from: Duration::ZERO,
        duration: Duration::from_secs(10),
    }
}

fn rule(fault: &str, at: &str, share: f64) -> FaultRule {
    FaultRule {
        fault: fault.to_owned(),
        at: at.to_owned(),
        parameters: BTreeMap::new(),
        share,
        journey: None,
        user: None,
        from: Duration::ZERO,
        until: None,
    }
}

fn scenario(load: Vec<Load>, faults: Vec<FaultRule>) -> Scenario {
    Scenario {
        name: "test".to_owned(),
        title: "Test".to_owned(),
        seed: 42,
        shop: Shop {
            users: 100,
            products: 1_000,
            orders: 500,
            distance: Duration::ZERO,
        },
        warm_up: Duration::ZERO,
        requests: BTreeMap::new(),
        load,
        distractors: Vec::new(),
        faults,
        expect: Vec::new(),
    }
}

fn everything() -> Scenario {
    scenario(
        vec![
            open_load(
                &[
                    ("home", 1),
                    ("browse", 2),
                    ("product", 3),
                    ("search", 2),
                    ("account", 1),
                ],
                Rate::Ramp(10.0, 60.0),
                Spacing::Poisson,
                0,
                4,
            ),
            open_load(
                &[("checkout", 1), ("order-history", 2)],
                Rate::Constant(30.0),
                Spacing::Poisson,
                1,
                3,
            ),
        ],
        vec![
            rule("slow-query", "catalog.search", 0.5),
            rule("n-plus-one-sql", "orders.list-orders", 0.3),
            rule("network-latency", "gateway->orders", 0.25),
            rule("network-latency", "gateway->catalog", 0.25),
        ],
    )
}

fn plan(scenario: &Scenario) -> Plan {
    Plan::new(scenario, 0).expect("a valid scenario")
}

fn lines(requests: impl Iterator<Item = PlannedRequest>) -> Vec<String> {
    requests.map(|request| request.to_json_line()).collect()
}

/// Written down once. A change here changes every plan ever made: a breaking change.
#[test]
fn the_first_lines_are_what_they_always_were() {
    insta::assert_snapshot!(lines(plan(&everything()).open().take(12)).join("\n"));
}

#[test]
fn the_closed_model_s_first_lines_are_what_they_always_were() {
    let mut slow = rule("slow-query", "orders.list-orders", 1.0);
    slow.from = Duration::from_secs(2);
    let scenario = scenario(vec![closed_load("order-history", 2, 200..=1_000)], vec![slow]);
    let lines: Vec<String> = plan(&scenario)
        .closed()
        .flat_map(|user| user.take(2))
        .map(|step| step.to_json_line())
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn requests_are_in_start_order_and_numbered() {
    let requests: Vec<_> = plan(&everything()).open().collect();
    assert!(requests.len() > 150, "{}", requests.len());
    assert!(requests.is_sorted_by_key(|request| request.at));
    assert!(
        (0..)
            .zip(&requests)
            .all(|(number, request)| request.sequence == number)
    );
}

#[test]
fn an_attempt_changes_trace_ids_and_nothing_else() {
    let scenario = everything();
    let again = Plan::new(&scenario, 1).expect("a valid scenario");
    for (first, second) in plan(&scenario).open().zip(again.open()) {
        assert_ne!(first.trace_id, second.trace_id);
        assert_ne!(first.root_span_id, second.root_span_id);
        let mut adapted = second.clone();
        adapted.trace_id = first.trace_id;
        adapted.root_span_id = first.root_span_id;
        for (header, other) in adapted.request.headers.iter_mut().zip(&first.request.headers) {
            if header.0 == "traceparent" {
                header.1.clone_from(&other.1);
            }
        }
        assert_eq!(adapted, first);
    }
}

#[test]
fn a_round_asks_for_other_things_at_the_same_times_and_round_0_is_the_plan() {
    let scenario = everything();
    let round = |number| -> Vec<PlannedRequest> {
        let plan = Plan::round(&scenario, number, number).unwrap();
        plan.open().collect()
    };
    let (first, second) = (round(0), round(1));
    assert_eq!(first, plan(&scenario).open().collect::<Vec<_>>());
    assert_eq!(first.len(), second.len());
    let same = |it: &(&PlannedRequest, &PlannedRequest)| it.0.request.path == it.1.request.path;
    let times = first.iter().zip(&second).all(|(one, other)| one.at == other.at);
    assert!(times && first.iter().zip(&second).filter(same).count() < first.len() / 2);
    let keys = |requests: &[PlannedRequest]| -> BTreeSet<String> {
        let headers = requests.iter().flat_map(|it| it.request.headers.iter());
        headers
            .filter(|(name, _)| name == "idempotency-key")
            .map(|(_, value)| value.clone())
            .collect()
    };
    assert!(!keys(&first).is_empty() && keys(&first).is_disjoint(&keys(&second)));
}

#[test]
fn trace_ids_are_unique() {
    let ids: BTreeSet<_> = plan(&everything())
        .open()
        .map(|request| request.trace_id)
        .collect();
    assert_eq!(ids.len(), plan(&everything()).open().count());
}

#[test]
fn what_rides_in_the_header_is_what_is_planned() {
    for request in plan(&everything()).open() {
        let header = request
            .request
            .headers
            .iter()
            .find(|(name, _)| name == "baggage")
            .expect("always sent");
        let riding = baggage::parse(std::iter::once(header.1.as_str())).expect("of our own");
        assert_eq!(riding.sequence, Some(request.sequence));
        assert_eq!(riding.active, request.faults);
    }
}

#[test]
fn users_of_the_closed_model_have_their_own_numbers_and_steps() {
    let scenario = scenario(
        vec![
            closed_load("home", 3, 200..=1_000),
            closed_load("account", 2, 0..=0),
        ],
        Vec::new(),
    );
    let plan = plan(&scenario);
    assert_eq!(
        plan.closed().map(|user| user.user()).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5]
    );
    let mut sequences = BTreeSet::new();
    for step in plan.closed().flat_map(|user| user.take(50)) {
        let think = step.think();
        assert!(
            think <= Duration::from_secs(1)
                && (step.step() == 0 || step.user() > 3 || think.as_millis() >= 200)
        );
        assert!(sequences.insert(step.start(Duration::ZERO).sequence));
    }
    assert_eq!(sequences.len(), 250);
    assert!(sequences.iter().all(|&sequence| sequence < 1 << 53));
}

#[test]
fn journeys_are_known_by_sequence_alone() {
    let mut scenario = everything();
    scenario.load.push(closed_load("home", 2, 0..=0));
    let plan = plan(&scenario);
    let mut expected: BTreeMap<u64, Arc<str>> = plan
        .open()
        .filter(|request| request.sequence % 7 == 3)
        .map(|request| (request.sequence, request.journey))
        .collect();
    for step in plan.closed().flat_map(|user| user.take(2)) {
        let request = step.start(Duration::ZERO);
        expected.insert(request.sequence, request.journey);
    }
    assert_eq!(plan.journeys(&expected.keys().copied().collect()), expected);
}

#[test]
fn requests_of_the_user_s_own_are_sent_as_written() {
    let mut own = scenario(
        vec![open_load(
            &[("ping", 1)],
            Rate::Constant(1.0),
            Spacing::Even,
            0,
            1,
        )],
        Vec::new(),
    );
    own.requests.insert(
        "ping".to_owned(),
        CustomRequest {
            method: "PUT".to_owned(),
            path: "/ping?x=1".to_owned(),
            headers: vec![("x-key".to_owned(), "a \"b\"".to_owned())],
            body: Some("{\"not\": ours}".to_owned()),
        },
    );
    let request = plan(&own).open().next().expect("one");
    let line: serde_json::Value = serde_json::from_str(&request.to_json_line()).expect("a line of JSON");
    assert_eq!(line["request"]["method"], "PUT");
    assert_eq!(line["request"]["headers"]["x-key"], "a \"b\"");
    assert_eq!(line["request"]["body"], "{\"not\": ours}");
}

#[test]
fn what_does_not_exist_is_refused_by_name() {
    let load = |journey| {
        vec![open_load(
            &[(journey, 1)],
            Rate::Constant(1.0),
            Spacing::Even,
            0,
            1,
        )]
    };
    let error = |scenario: &Scenario| Plan::new(scenario, 0).expect_err("refused").to_string();
    assert!(error(&scenario(load("serach"), Vec::new())).contains("did you mean `search`?"));
    assert!(
        error(&scenario(
            load("home"),
            vec![rule("slow-qeury", "catalog.search", 1.0)]
        ))
        .contains("slow-query")
    );
}
