//! Askers who take their time, or take too much.

use std::collections::HashSet;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;

const EVERYTHING: &str = "/jaeger/api/v3/traces?query.startTimeMin=1970-01-01T00:00:00Z\
     &query.startTimeMax=2200-01-01T00:00:00Z&query.searchDepth=1000000";

async fn full(traces: u64) -> Running {
    let lab = start(Setup {
        memory: 256 << 20,
        ..Setup::default()
    })
    .await;
    for trace in 1..=traces {
        lab.post(body(&siblings("orders", trace, 1..101))).await;
    }
    lab
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_is_stored_is_told_in_one_answer_each_span_once() {
    let lab = full(50).await;
    let answer = lab.get(EVERYTHING).await;
    let mut seen = HashSet::new();
    for group in answer["result"]["resourceSpans"].as_array().expect("groups") {
        for span in group["scopeSpans"][0]["spans"].as_array().expect("spans") {
            seen.insert((span["traceId"].to_string(), span["spanId"].to_string()));
        }
    }
    assert_eq!(seen.len(), 5_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_do_not_read_keep_nobody_waiting() {
    let lab = full(50).await;
    let address = lab.page.strip_prefix("http://").expect("a URL").to_owned();
    let mut readers = Vec::new();
    for _ in 0..30 {
        let mut reader = TcpStream::connect(&address).await.expect("a connection");
        let request = format!("GET {EVERYTHING} HTTP/1.1\r\nhost: lab\r\n\r\n");
        reader.write_all(request.as_bytes()).await.expect("sent");
        // The answer has begun, so that its turn is over.
        let mut first = [0; 12];
        reader.read_exact(&mut first).await.expect("an answer");
        assert_eq!(&first, b"HTTP/1.1 200");
        readers.push(reader);
    }
    assert_eq!(lab.get("/jaeger/api/services").await["total"], 1);
    lab.post(body([&span("orders", 51, 1, 0)])).await;
    assert_eq!(lab.counts().await[3], 5_001);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_idle_connections_keep_nobody_waiting() {
    // Both ends are in this process, so that each connection takes two descriptors.
    crate::serve::raise_descriptor_limit();
    let lab = full(1).await;
    let mut idle = Vec::new();
    for url in [&lab.page, &lab.otlp] {
        let address = url.strip_prefix("http://").expect("a URL");
        for _ in 0..500 {
            idle.push(TcpStream::connect(address).await.expect("a connection"));
        }
    }
    assert_eq!(lab.counts().await[3], 100);
    lab.post(body([&span("orders", 2, 1, 0)])).await;
    assert_eq!(lab.counts().await[3], 101);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_are_answered_while_spans_come_and_spans_are_taken_while_questions_are_asked() {
    let lab = Arc::new(full(20).await);
    let asking = Arc::clone(&lab);
    let asked = tokio::spawn(async move {
        for _ in 0..20 {
            let names = asking.get("/jaeger/api/v3/operations?service=orders").await;
            assert!(
                names["operations"]
                    .as_array()
                    .is_some_and(|names| !names.is_empty())
            );
        }
    });
    let mut trace = 100;
    while !asked.is_finished() {
        trace += 1;
        assert_eq!(
            lab.post(body(&siblings("orders", trace, 1..101))).await.status(),
            200
        );
    }
    asked.await.expect("every question was answered");
    let [received, .., evicted] = lab.counts().await;
    assert_eq!((received, evicted), ((trace - 100 + 20) * 100, 0));
}

/// A trace of this many spans below one another.
async fn with_one_large_trace(spans: u64) -> Running {
    let lab = start(Setup {
        memory: 256 << 20,
        ..Setup::default()
    })
    .await;
    for first in (1..=spans).step_by(10_000) {
        let some = first..=(first + 9_999).min(spans);
        let some: Vec<Span> = some.map(|id| span("orders", 1, id, id - 1)).collect();
        assert_eq!(lab.post(body(&some)).await.status(), 200);
    }
    lab
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_made_to_be_slow_are_given_up_when_nobody_waits_for_them() {
    let lab = with_one_large_trace(100_000).await;
    let conditions = format!("{{ {} }}", [".a=1"; 2_000].join("||"));
    let patterns = format!("{{ {} }}", ["name =~ `(.*[a-y]){9}z`"; 32].join("||"));
    let relations = ["{ }"; 90].join(">>");
    let groups = format!("{{ }}{}", " | by(span:id)".repeat(31));
    for slow in [conditions, patterns, relations, groups] {
        // As many as are worked on at once, and both go before they could be answered.
        for _ in 0..2 {
            let asked = lab.client.get(format!("{}/api/search", lab.page));
            let asked = asked.query(&[("q", &slow)]).timeout(Duration::from_millis(300));
            match asked.send().await {
                Err(left) => assert!(left.is_timeout(), "{left}"),
                Ok(answer) => assert!(answer.status().is_success(), "{}", answer.status()),
            }
        }
        // Were one still at work, this one would be told to come again.
        let answer = lab.client.get(format!("{}/api/search?q={{}}", lab.page)).send();
        assert_eq!(answer.await.expect("an answer").status(), 200, "{slow:.40}");
    }
}
