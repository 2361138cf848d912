use std::sync::Arc;

use super::*;
use crate::model::{Attribute, Resource, Status, StatusCode};

/// Spans of a trace of `orders`: id, parent, name, start, end. What is called in capitals went to a database, `/` is a request.
fn spans(trace: u8, spans: &[(u8, u8, &str, u64, u64)]) -> Vec<Span> {
    let resource = Arc::new(Resource {
        attributes: vec![Attribute::new("service.name", "orders")],
        ..Resource::default()
    });
    let span = |(id, parent, name, start, end): &(u8, u8, &str, u64, u64)| Span {
        resource: Arc::clone(&resource),
        trace_id: TraceId([trace; 16]),
        span_id: SpanId([*id; 8]),
        parent_span_id: Some(SpanId([*parent; 8])),
        name: (*name).to_owned(),
        kind: if name.contains('/') {
            Kind::SERVER
        } else {
            Kind::CLIENT
        },
        start_unix_ns: *start,
        end_unix_ns: *end,
        attributes: if name.chars().all(|it| it.is_ascii_uppercase()) {
            vec![Attribute::new("db.system.name", "sqlite")]
        } else {
            Vec::new()
        },
        ..Span::default()
    };
    spans.iter().map(span).collect()
}

fn others(waiting: &[Span], place: usize, other: &[Span]) -> Vec<Other> {
    Moment::of(&Tree::of(waiting), place).others(&Tree::of(other))
}

fn waiting() -> Vec<Span> {
    spans(
        1,
        &[
            (1, 0, "POST /", 90, 210),
            (2, 1, "BEGIN", 100, 200),
            (3, 1, "UPDATE", 200, 205),
        ],
    )
}

#[test]
fn who_holds_a_transaction_meanwhile_is_told_with_what_it_does_in_it() {
    let holder = spans(
        2,
        &[
            (1, 0, "POST /", 50, 220),
            (2, 1, "BEGIN", 60, 90),
            (3, 1, "UPDATE", 90, 110),
            (4, 1, "pay", 110, 170),
            (5, 1, "COMMIT", 170, 175),
            (6, 1, "pay", 175, 215),
        ],
    );
    let [other] = others(&waiting(), 1, &holder).try_into().expect("one");
    assert_eq!(
        (other.together_ns, other.waited_ns, other.transaction_ns),
        (100, 0, 75)
    );
    let did: Vec<_> = other.did.iter().map(|it| (it.name.as_str(), it.ns)).collect();
    assert_eq!(
        did,
        [("pay", 60), ("UPDATE", 10), ("COMMIT", 5)],
        "what it does once it has let go is no reason to wait"
    );
    assert!(!other.waited());
}

#[test]
fn who_waits_as_well_is_told_from_who_is_waited_for_and_comes_after() {
    let also = spans(2, &[(1, 0, "POST /", 120, 400), (2, 1, "BEGIN", 125, 390)]);
    let busy = spans(3, &[(1, 0, "GET /", 100, 180)]);
    let holder = spans(
        4,
        &[
            (1, 0, "POST /", 1, 140),
            (2, 1, "BEGIN", 1, 2),
            (3, 1, "COMMIT", 130, 135),
        ],
    );
    let waiting = waiting();
    let mut all: Vec<Other> = [&also, &busy, &holder]
        .into_iter()
        .flat_map(|it| others(&waiting, 1, it))
        .collect();
    sort(&mut all);
    let order: Vec<_> = all.iter().map(|it| (it.trace_id.0[0], it.waited())).collect();
    assert_eq!(order, [(4, false), (3, false), (2, true)]);
    assert_eq!(in_transactions_ns(&all), 35);
}

#[test]
fn a_transaction_that_did_not_begin_or_that_nothing_ends() {
    let mut refused = spans(2, &[(1, 0, "POST /", 100, 200), (2, 1, "BEGIN", 100, 110)]);
    let told = |spans: &[Span]| others(&waiting(), 1, spans)[0].transaction_ns;
    assert_eq!(told(&refused), 90, "as long as the request");
    refused[1].status = Status {
        code: StatusCode::ERROR,
        ..Status::default()
    };
    assert_eq!(told(&refused), 0);
}

#[test]
fn who_waits_within_a_transaction_holds_up_nobody_meanwhile() {
    let mut also = spans(
        2,
        &[
            (1, 0, "POST /", 90, 400),
            (2, 1, "BEGIN", 100, 102),
            (3, 1, "INSERT", 102, 103),
            (4, 1, "lock stock", 103, 190),
            (5, 4, "SELECT", 104, 189),
            (6, 1, "COMMIT", 350, 351),
        ],
    );
    let told = |spans: &[Span]| others(&waiting(), 1, spans).remove(0);
    let other = told(&also);
    assert_eq!((other.transaction_ns, other.waited_ns), (1 + 10, 2 + 87));
    assert_eq!(
        other.did.iter().map(|it| it.ns).sum::<u64>(),
        11,
        "what it did when it had the lock"
    );
    also[3].end_unix_ns = 199;
    also[4].end_unix_ns = 198;
    assert!(told(&also).waited());
}

#[test]
fn stretches_without_others() {
    let others = [(2, 4), (3, 5), (8, 12), (20, 30)];
    assert_eq!(
        without(vec![(0, 10), (11, 25)], &others),
        [(0, 2), (5, 8), (12, 20)]
    );
}

#[test]
fn transactions_at_the_same_time_count_once() {
    let open = |trace: u8, from, until| {
        spans(
            trace,
            &[
                (1, 0, "POST /", 1, 300),
                (2, 1, "BEGIN", 1, from),
                (3, 1, "COMMIT", from, until),
            ],
        )
    };
    let waiting = waiting();
    let holders = [
        open(2, 110, 130),
        open(3, 120, 140),
        open(4, 121, 122),
        open(5, 190, 300),
    ];
    let all: Vec<Other> = holders.iter().flat_map(|it| others(&waiting, 1, it)).collect();
    assert_eq!(in_transactions_ns(&all), 30 + 10);
}

#[test]
fn neither_its_own_request_nor_what_ran_before_or_after_nor_another_service_is_another() {
    let waiting = waiting();
    assert_eq!(others(&waiting, 1, &waiting), []);
    for (start, end) in [(50, 100), (200, 300)] {
        assert_eq!(others(&waiting, 1, &spans(2, &[(1, 0, "GET /", start, end)])), []);
    }
    let mut elsewhere = spans(2, &[(1, 0, "GET /", 100, 200)]);
    elsewhere[0].resource = Arc::default();
    assert_eq!(others(&waiting, 1, &elsewhere), []);
    // A call to itself is another request, though in the same trace.
    let twice = spans(
        1,
        &[
            (1, 0, "POST /", 90, 210),
            (2, 1, "BEGIN", 100, 200),
            (4, 1, "GET /", 100, 150),
        ],
    );
    assert_eq!(others(&twice, 1, &twice).len(), 1);
}
