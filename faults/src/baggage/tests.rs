use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::routes::EDGES;

fn parse_one(line: &str) -> Result<RequestFaults, BaggageError> {
    parse(std::iter::once(line))
}

fn message(line: &str) -> String {
    parse_one(line).expect_err("refused").to_string()
}

#[test]
fn the_contract_s_example_is_read() {
    let faults = parse_one(
        "fault.slow-query=catalog.search, fault.network-latency=gateway->orders;delay=80ms;jitter=10ms ,load.sequence=17",
    )
    .expect("the contract's own example");
    assert_eq!(faults.sequence, Some(17));
    assert!(faults.find("slow-query", "catalog.search").is_some());
    let latency = faults.find("network-latency", "gateway->orders").expect("given");
    assert_eq!(latency.duration("delay"), Duration::from_millis(80));
    assert_eq!(latency.duration("jitter"), Duration::from_millis(10));
    assert_eq!(latency.word("direction"), "response", "the default is filled in");
    assert_eq!(latency.parameter("colour"), None);
}

#[test]
fn strangers_members_are_ignored_over_several_lines() {
    let lines = [
        "userId=alice;secret, sessionId=%20x",
        "fault.slow-query=catalog.search",
        ",,",
        "broken;;=,=x",
    ];
    let faults = parse(lines.into_iter()).expect("only ours are judged");
    assert_eq!(faults.active.len(), 1);
}

#[test]
fn several_places_of_one_fault_have_numbered_keys() {
    let line = "fault.network-latency=gateway->orders,fault.network-latency.2=orders->payments;delay=1s";
    let faults = parse_one(line).expect("two places");
    assert_eq!(faults.active.len(), 2);
    assert_eq!(encode(&faults), line);
}

#[test]
fn what_is_unknown_is_refused_with_the_nearest_word() {
    assert_eq!(
        message("fault.slow-qeury=catalog.search"),
        "unknown fault `slow-qeury`: did you mean `slow-query`?"
    );
    assert_eq!(
        message("fault.slow-query=catalog.serach"),
        "slow-query cannot strike at `catalog.serach`: did you mean `catalog.search`?"
    );
    assert_eq!(
        message("fault.network-latency=gateway->orders;dealy=1ms"),
        "network-latency has no parameter `dealy`: did you mean `delay`?"
    );
    assert_eq!(
        message("fault.network-latency=gateway->orders;delay=11s"),
        "network-latency: delay cannot be `11s`: the most is 10s"
    );
    assert_eq!(
        message("fault.network-latency=gateway->orders;direction=sideways"),
        "network-latency: direction cannot be `sideways`: known are `request`, `response`, `both`"
    );
    assert_eq!(
        message("fault.slow-query=catalog.search;delay=1ms"),
        "slow-query has no parameter `delay`: it has none"
    );
    assert_eq!(
        message("fault.network-latency=orders->database"),
        "`orders->database` is a database connection: a fault there strikes connections, and no single request can pick it"
    );
}

#[test]
fn what_cannot_be_read_is_refused() {
    for line in [
        "fault.slow-query",
        "fault.slow-query=",
        "fault.=catalog.search",
        "fault.slow-query.1=catalog.search",
        "fault.slow-query.22=catalog.search",
        "fault.slow-query=catalog%2Esearch",
        "fault.network-latency=gateway->orders;delay",
        "fault.network-latency=gateway->orders;delay=1ms;delay=2ms",
        "fault.network-latency=gateway->orders;",
        "load.sequence=-1",
        "load.sequence=+1",
        "load.sequence=",
        "load.sequence=1,load.sequence=2",
        "fault.slow-query=catalog.search,fault.slow-query.2=catalog.search",
    ] {
        assert!(parse_one(line).is_err(), "{line}");
    }
}

#[test]
fn what_is_too_large_is_refused_also_over_several_lines() {
    let line = "x".repeat(MAX_BYTES / 2);
    assert!(parse([line.as_str()].into_iter()).is_ok());
    assert_eq!(
        parse([line.as_str(), line.as_str()].into_iter()),
        Err(BaggageError::TooLarge)
    );
}

fn latency() -> impl Strategy<Value = ActiveFault> {
    let parameters = (
        proptest::option::of((0_u32..10_000).prop_map(|delay| ("delay".to_owned(), format!("{delay}ms")))),
        proptest::option::of(
            proptest::sample::select(vec!["request", "response", "both"])
                .prop_map(|direction| ("direction".to_owned(), direction.to_owned())),
        ),
    );
    (proptest::sample::select(&EDGES[..]), parameters).prop_map(|(edge, (delay, direction))| {
        ActiveFault::new(
            "network-latency",
            edge,
            delay.into_iter().chain(direction).collect(),
        )
        .expect("valid")
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        active in proptest::collection::vec(latency(), 0..8),
        sequence in proptest::option::of(any::<u64>()),
    ) {
        let mut faults = RequestFaults { sequence, active: Vec::new() };
        for one in active {
            if faults.find(one.fault, &one.at).is_none() {
                faults.active.push(one);
            }
        }
        prop_assert_eq!(parse_one(&encode(&faults)), Ok(faults));
    }

    #[test]
    fn hostile_input_is_answered_and_never_panics(line in "\\PC*") {
        let _ = parse_one(&line);
    }

    #[test]
    fn hostile_faults_are_answered_and_never_panic(line in "(fault\\.|load\\.sequence|[a-z>.;=, \\t-]|[0-9]|é)*") {
        if let Err(error) = parse_one(&line) {
            prop_assert!(!error.to_string().contains('\n'));
        }
    }
}
