//! What the page draws from: the list of traces, a trace's rows, one span of it, two traces or groups compared, files that are dropped.

use trace::formats::{self, Format};

use super::{Json, Running, Setup, body, span, start};

#[tokio::test]
async fn a_trace_is_drawn_and_one_of_its_spans_given_as_it_came() {
    let lab = start(Setup::default()).await;
    let spans = [span("orders", 1, 1, 0), span("users", 1, 2, 1)];
    lab.post(body(&spans)).await;
    let id = spans[0].trace_id;
    let drawing = lab.get(&format!("/lab/traces/{id}/drawing")).await;
    assert_eq!(drawing["rows"]["parent"], serde_json::json!([-1, 0]));
    assert_eq!(drawing["services"], serde_json::json!(["orders", "users"]));
    let one = lab
        .get(&format!("/lab/traces/{id}/spans/{}", spans[1].span_id))
        .await;
    let sent = &one["resourceSpans"][0]["scopeSpans"][0]["spans"];
    assert_eq!(sent.as_array().map(Vec::len), Some(1));
    assert_eq!(sent[0]["spanId"], spans[1].span_id.to_string());
}

#[tokio::test]
async fn what_else_went_on_at_the_service_while_a_span_ran() {
    let lab = start(Setup::default()).await;
    // 1: it waits. 2: at work at the same time. 3: at another service. 4: before it.
    let mut spans = Vec::new();
    for (trace, service, from, until) in [
        (1, "orders", 100, 200),
        (2, "orders", 150, 400),
        (3, "users", 100, 200),
        (4, "orders", 1, 99),
    ] {
        let mut request = span(service, trace, 1, 0);
        (request.start_unix_ns, request.end_unix_ns) = (from, until);
        spans.push(request);
    }
    let mut waiting = span("orders", 1, 2, 1);
    (waiting.start_unix_ns, waiting.end_unix_ns) = (100, 190);
    spans.push(waiting.clone());
    lab.post(body(&spans)).await;
    let path = format!("/lab/traces/{}/spans", waiting.trace_id);
    let answer = lab.get(&format!("{path}/{}/meanwhile", waiting.span_id)).await;
    assert_eq!(answer["service"], "orders");
    assert_eq!((&answer["requests"], &answer["waited"]), (&1.into(), &0.into()));
    assert_eq!(answer["others"][0]["trace_id"], spans[1].trace_id.to_string());
    assert_eq!(answer["others"][0]["together_ns"], 40);
    assert_eq!(
        answer["others"][0]["did"],
        serde_json::json!([{"name": "GET /", "ns": 40}])
    );
    assert_eq!(
        lab.get(&format!("{path}/00000000000000ff/meanwhile")).await["status"],
        404
    );
    assert_eq!(lab.get(&format!("{path}/x/meanwhile")).await["status"], 400);
}

#[tokio::test]
async fn two_traces_are_compared() {
    let lab = start(Setup::default()).await;
    let (one, other) = (span("orders", 1, 1, 0), span("orders", 2, 1, 0));
    let more = span("users", 2, 2, 1);
    lab.post(body(&[one.clone(), other.clone(), more])).await;
    let path = format!("/lab/compare?before={}&after={}", one.trace_id, other.trace_id);
    let comparison = lab.get(&path).await;
    assert_eq!(comparison["lines"][1]["change"], "appeared");
    assert_eq!(comparison["traces"], serde_json::json!([1, 1]));
}

/// Traces 1 to 3 of the service `orders` with one span, 4 and 5 with two more of `users` below, each a second after the last.
async fn five(lab: &Running) -> Vec<trace::Span> {
    let mut spans = Vec::new();
    for number in 1..=5_u64 {
        let mut root = span("orders", number, 1, 0);
        root.name = "GET /orders".into();
        root.start_unix_ns = number * 1_000_000_000;
        root.end_unix_ns = root.start_unix_ns + number * 1_000_000;
        spans.push(root);
        if number >= 4 {
            spans.extend((2..=3).map(|id| span("users", number, id, 1)));
        }
    }
    lab.post(body(&spans)).await;
    spans
}

#[tokio::test]
async fn traces_are_listed_by_query_time_and_duration() {
    let lab = start(Setup::default()).await;
    five(&lab).await;
    let query = "q=%7B%20resource.service.name%20%3D%20%22users%22%20%7D";
    for (asked, starts) in [
        ("", vec![5, 4, 3, 2, 1]),
        ("limit=2", vec![5, 4]),
        (query, vec![5, 4]),
        ("start=2&end=4", vec![4, 3, 2]),
        ("min_duration=2ms&max_duration=3ms", vec![3, 2]),
        ("q=%7B%20duration%20%3E%201h%20%7D", vec![]),
    ] {
        let answer = lab.get(&format!("/lab/traces?{asked}")).await;
        let found = answer["traces"].as_array().expect("a list").iter();
        let found: Vec<u64> = found
            .map(|it| it["start_unix_ns"].as_u64().expect("a number") / 1_000_000_000)
            .collect();
        assert_eq!(found, starts, "{asked}");
    }
    assert_eq!(
        lab.get(&format!("/lab/traces?{query}")).await["traces"][0]["matched"],
        2
    );
    for wrong in [
        "q=%7B%20nme%20",
        "start=yesterday",
        "min_duration=5",
        "q=%7B%7D%20%7C%20rate()",
    ] {
        assert_eq!(
            lab.get(&format!("/lab/traces?{wrong}")).await["status"],
            400,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn traces_that_are_still_on_their_way_are_not_compared() {
    let lab = start(Setup::default()).await;
    five(&lab).await;
    let mut part = span("users", 9, 2, 1);
    (part.start_unix_ns, part.end_unix_ns) = (9_000_000_000, 9_000_000_001);
    lab.post(body(&[part])).await;
    let compared = lab.get("/lab/compare?a_start=1&a_end=3&b_start=4&b_end=10").await;
    assert_eq!(
        (&compared["found"], &compared["unfinished"]),
        (&serde_json::json!([3, 2]), &serde_json::json!(1))
    );
}

#[tokio::test]
async fn groups_are_compared_by_query_and_by_time() {
    let lab = start(Setup::default()).await;
    five(&lab).await;
    let users = "b_q=%7B%20resource.service.name%20%3D%20%22users%22%20%7D";
    let others = lab.get(&format!("/lab/compare?{users}")).await;
    assert_eq!(
        others["found"],
        serde_json::json!([3, 2]),
        "those with the same root that are not found"
    );
    assert_eq!(others["lines"][1]["service"], "users");
    assert_eq!(others["lines"][1]["change"], "appeared");
    assert_eq!(others["lines"][1]["after"]["count"], 2.0);
    assert_eq!(others["root"], "orders GET /orders");
    assert_eq!(others["begin_otherwise"], 0);
    // What begins in another way is held against nothing that it is like.
    let mut tick = span("users", 6, 1, 0);
    tick.name = "tick".into();
    (tick.start_unix_ns, tick.end_unix_ns) = (6_000_000_000, 6_000_000_001);
    lab.post(body(&[tick])).await;
    let alike = lab.get(&format!("/lab/compare?{users}")).await;
    assert_eq!(
        (&alike["found"], &alike["root"], &alike["begin_otherwise"]),
        (
            &serde_json::json!([3, 2]),
            &serde_json::json!("orders GET /orders"),
            &serde_json::json!(1)
        )
    );
    let limited = lab.get(&format!("/lab/compare?{users}&limit=1")).await;
    assert_eq!(
        (&limited["found"], &limited["traces"]),
        (&serde_json::json!([3, 2]), &serde_json::json!([1, 1]))
    );
    let moment = lab.get("/lab/compare?a_end=2.5&b_start=2.5").await;
    assert_eq!(moment["found"], serde_json::json!([2, 4]));
    let none = lab.get("/lab/compare?b_q=%7B%20duration%20%3E%201h%20%7D").await;
    assert_eq!(none["found"], serde_json::json!([0, 0]));
    assert_eq!(lab.get("/lab/compare?b_q=%7B").await["status"], 400);
}

#[tokio::test]
async fn a_file_that_is_dropped_is_kept() {
    let spans = [
        span("orders", 1, 1, 0),
        span("users", 1, 2, 1),
        span("orders", 2, 1, 0),
    ];
    for format in [
        Format::OtlpProtobuf,
        Format::OtlpJson,
        Format::OtlpJsonLines,
        Format::Jaeger,
        Format::Zipkin,
        Format::Chrome,
    ] {
        let lab = start(Setup::default()).await;
        let written = formats::write(format, &spans, &mut formats::Losses::default());
        let (status, told) = import(&lab, FILE, written).await;
        assert_eq!(
            (status, &told["spans"], &told["traces"]),
            (200, &3.into(), &2.into()),
            "{format}: {told}"
        );
        assert_eq!(told["format"], format.name());
        let drawing = lab
            .get(&format!("/lab/traces/{}/drawing", spans[0].trace_id))
            .await;
        assert_eq!(
            drawing["rows"]["parent"],
            serde_json::json!([-1, 0]),
            "{format}: {drawing}"
        );
    }
}

const FILE: &str = "application/octet-stream";

async fn import(lab: &Running, form: &str, file: Vec<u8>) -> (u16, Json) {
    let request = lab
        .client
        .post(format!("{}/lab/import", lab.page))
        .header("content-type", form);
    let answer = request.body(file).send().await.expect("an answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("text");
    (status, serde_json::from_str(&text).expect("JSON"))
}

#[tokio::test]
async fn what_is_dropped_and_no_trace_file_is_refused() {
    let lab = start(Setup::default()).await;
    let (status, told) = import(&lab, FILE, b"hello".to_vec()).await;
    assert_eq!(status, 400);
    assert!(
        told["detail"]
            .as_str()
            .is_some_and(|it| it.contains("help: give one of: otlp-protobuf")),
        "{told}"
    );
    let (status, told) = import(&lab, FILE, b"{\"resourceSpans\": [{}".to_vec()).await;
    assert_eq!(status, 400, "{told}");
    let (status, _) = import(&lab, "text/plain", b"[]".to_vec()).await;
    assert_eq!(status, 415, "what any page may send is not taken");
    let (status, _) = import(&lab, FILE, vec![b' '; (64 << 20) + 1]).await;
    assert_eq!(status, 413);
    // Little that unpacks to more than is taken.
    let mut bomb =
        flate2::write::GzEncoder::new(b"{\"resourceSpans\":[]}".to_vec(), flate2::Compression::fast());
    for _ in 0..257 {
        std::io::Write::write_all(&mut bomb, &vec![b' '; 1 << 20]).expect("memory");
    }
    let (status, told) = import(&lab, FILE, bomb.finish().expect("memory")).await;
    assert_eq!(status, 400, "{told}");
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let lab = start(Setup::default()).await;
    let unknown = "00000000000000000000000000000001";
    for (path, status) in [
        (format!("/lab/traces/{unknown}/drawing"), 404),
        ("/lab/traces/x/drawing".to_owned(), 400),
        (format!("/lab/compare?before={unknown}&after={unknown}"), 404),
        (format!("/lab/traces/{unknown}/spans/y"), 400),
    ] {
        assert_eq!(lab.get(&path).await["status"], status, "{path}");
    }
}
