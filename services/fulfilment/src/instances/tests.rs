//! One of them has an instance ready, and the other starts one whenever none has been used lately.

use std::time::Duration;

use chassis::span::{self, current_trace_id};
use chassis::testing::{record_spans, spans_of};
use seed::shop::Scale;
use testkit::{client, databases, number, with_baggage};

use super::{Running, instance};
use crate::State;

const SCALE: Scale = Scale {
    users: 1,
    products: 1,
    orders: 0,
};

/// An instance for an event with that baggage, and how many were started for it.
async fn run_on(state: &State, function: &'static str, baggage: &str) -> (Running, usize) {
    let run = async {
        let running = with_baggage(baggage, instance(state, function)).await.unwrap();
        (running, current_trace_id().unwrap())
    };
    let (running, trace) = span::internal("test").as_root().run(run).await;
    let spans = spans_of(trace);
    let starts = spans.iter().filter(|span| span.name == "function start");
    (running, starts.count())
}

#[tokio::test]
async fn an_instance_is_started_when_none_has_been_used_lately() {
    record_spans();
    for test in databases(&crate::seed::DATASET, "instances", SCALE).await {
        let state = State::new(test.database.clone(), client(&[]));
        let long = "fault.cold-start=fulfilment.pack;idle=1m";
        let (first, started) = run_on(&state, "fulfilment.pack", long).await;
        assert_eq!(started, 1);
        let (_second, started) = run_on(&state, "fulfilment.pack", long).await;
        assert_eq!(started, 1, "an instance handles one event at a time");
        drop(first);
        let (third, started) = run_on(&state, "fulfilment.pack", long).await;
        assert_eq!(started, 0, "it has just been used");
        drop(third);
        let other = "fault.cold-start=fulfilment.notify;idle=1m";
        let (_, started) = run_on(&state, "fulfilment.notify", other).await;
        assert_eq!(started, 1, "it is another function's");
        let short = "fault.cold-start=fulfilment.pack;idle=0ms";
        let (_, started) = run_on(&state, "fulfilment.pack", short).await;
        assert_eq!(started, 1, "it has waited for too long");
        // Who is not struck has the one that is always there.
        let (_, started) = run_on(&state, "fulfilment.reserve", long).await;
        assert_eq!(started, 0);
    }
}

#[tokio::test]
async fn an_instance_has_a_connection_of_its_own_that_is_closed_when_it_is_let_go() {
    for test in databases(&crate::seed::DATASET, "instances_own", SCALE).await {
        let state = State::new(test.database.clone(), client(&[]));
        let baggage = "fault.cold-start=fulfilment.pack;idle=20ms";
        let running = with_baggage(baggage, instance(&state, "fulfilment.pack"))
            .await
            .unwrap();
        let started = running.database.clone();
        assert_eq!(started.connections(), (0, 1));
        drop(running);
        while started.connections() != (0, 0) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(
            number(&state.warm.database, "SELECT COUNT(*) FROM shipments").await,
            0
        );
    }
}
