//! What became of every span.

use super::*;

#[tokio::test]
async fn a_resend_is_a_duplicate_and_a_different_span_with_a_known_id_is_not() {
    let lab = start(Setup::default()).await;
    let one = span("orders", 1, 1, 0);
    let other = Span {
        name: "other".into(),
        ..one.clone()
    };
    let elsewhere = span("users", 1, 1, 0);
    for _ in 0..2 {
        lab.post(body([&one, &other, &elsewhere])).await;
    }
    assert_eq!(lab.counts().await, [6, 3, 0, 3, 0]);
}

#[tokio::test]
async fn resends_are_found_in_large_traces_too() {
    let lab = start(Setup::default()).await;
    let spans: Vec<_> = (1..=5_000).map(|id| span("orders", 1, id, id - 1)).collect();
    for _ in 0..2 {
        for some in spans.chunks(700) {
            lab.post(body(some)).await;
        }
    }
    assert_eq!(lab.counts().await, [10_000, 5_000, 0, 5_000, 0]);
}

#[tokio::test]
async fn a_late_span_joins_its_trace_which_is_complete_when_it_is_whole_and_quiet() {
    let lab = start(Setup::default()).await;
    lab.post(body(&[span("users", 1, 2, 1)])).await;
    assert_eq!(lab.get("/lab/spans").await["traces"]["settling"], 0);
    lab.post(body(&[span("orders", 1, 1, 0)])).await;
    let traces = lab.get("/lab/spans").await["traces"].clone();
    assert_eq!(
        (traces["stored"].as_u64(), traces["complete"].as_u64()),
        (Some(1), Some(0)),
        "{traces}"
    );
    assert_eq!(traces["settling"], 1);
    until(async || lab.get("/lab/spans").await["traces"]["complete"] == 1).await;
    let spans = lab.get("/lab/spans").await;
    assert!(
        spans["first_trace_stored_unix_ns"]
            .as_u64()
            .is_some_and(|time| time > 1_600_000_000_000_000_000)
    );
}

#[tokio::test]
async fn the_trace_that_came_first_goes_first_and_its_late_spans_count_as_evicted() {
    let lab = start(Setup {
        memory: 64 << 10,
        ..Setup::default()
    })
    .await;
    let mut trace = 0;
    while lab.counts().await[4] == 0 {
        trace += 1;
        assert_eq!(
            lab.post(body(&[span("orders", trace, 1, 0), span("orders", trace, 2, 1)]))
                .await
                .status(),
            200
        );
        assert!(trace < 1_000, "the budget is passed at some time");
    }
    let first = span("orders", 1, 3, 1);
    assert_eq!(
        lab.get(&format!("/lab/traces/{}", first.trace_id)).await["status"],
        410
    );
    let before = lab.counts().await;
    lab.post(body(&[first])).await;
    let after = lab.counts().await;
    assert_eq!(
        (after[0], after[3], after[4]),
        (before[0] + 1, before[3], before[4] + 1)
    );
    let memory = lab.get("/lab/spans").await["memory"].clone();
    assert!(
        memory["used_bytes"].as_u64() <= memory["budget_bytes"].as_u64(),
        "{memory}"
    );
}

#[tokio::test]
async fn a_trace_larger_than_the_budget_goes_as_well_and_is_counted() {
    let lab = start(Setup {
        memory: 64 << 10,
        ..Setup::default()
    })
    .await;
    let spans: Vec<_> = (1..=10_000).map(|id| span("orders", 1, id, id - 1)).collect();
    lab.post(body(&spans)).await;
    let [received, _, _, stored, evicted] = lab.counts().await;
    assert_eq!((received, stored, evicted), (10_000, 0, 10_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_counts_add_up_at_every_moment_while_many_send_and_traces_go() {
    let lab = Arc::new(
        start(Setup {
            memory: 512 << 10,
            ..Setup::default()
        })
        .await,
    );
    const SENDERS: u64 = 6;
    const REQUESTS: u64 = 60;
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let lab = Arc::clone(&lab);
            tokio::spawn(async move {
                for request in 0..REQUESTS {
                    let service = format!("service-{sender}");
                    // Traces are shared by all senders; the last span of each request is a resend of the first.
                    let ids = sender * 1_000 + 1..sender * 1_000 + 20;
                    let mut spans = siblings(&service, request, ids);
                    spans.iter_mut().skip(10).for_each(|span| span.trace_id.0[0] = 1);
                    spans.push(spans[0].clone());
                    let mut request = trace::otlp::encode::request(&spans);
                    request.resource_spans[0].scope_spans[0].spans[5].span_id.clear();
                    assert_eq!(
                        lab.post(prost::Message::encode_to_vec(&request)).await.status(),
                        200
                    );
                }
            })
        })
        .collect();
    while !senders.iter().all(tokio::task::JoinHandle::is_finished) {
        lab.counts().await;
    }
    for sender in senders {
        sender.await.expect("no sender failed");
    }
    let [received, duplicates, rejected, _, evicted] = lab.counts().await;
    assert_eq!(received, SENDERS * REQUESTS * 20);
    assert!(rejected >= SENDERS * REQUESTS && duplicates > 0 && evicted > 0);
    assert!(lab.lab.store().used_bytes() <= 512 << 10);
}
