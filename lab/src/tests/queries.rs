//! The query routes as their askers see them: shapes, parameters, errors.

use insta::assert_snapshot;
use reqwest::StatusCode;
use trace::{Event, Kind, Link, Status, StatusCode as SpanStatus};

use super::*;

/// 2026-01-02T03:04:05Z.
const START: u64 = 1_767_323_045_000_000_000;
const MS: u64 = 1_000_000;

/// A span from `from` to `until` in milliseconds.
fn timed(service: &str, id: u64, parent: u64, kind: Kind, name: &str, (from, until): (u64, u64)) -> Span {
    Span {
        kind,
        name: name.into(),
        start_unix_ns: START + from * MS,
        end_unix_ns: START + until * MS,
        attributes: Vec::new(),
        ..span(service, 7, id, parent)
    }
}

/// A checkout: two services, a database, a payment provider that sends no spans, and an error.
fn checkout() -> Vec<Span> {
    let mut call = timed("gateway", 2, 1, Kind::CLIENT, "POST /orders", (5, 90));
    call.attributes = vec![
        Attribute::new("server.address", "10.0.0.7"),
        Attribute::new("server.port", 4603),
    ];
    let mut query = timed("orders", 4, 3, Kind::CLIENT, "INSERT orders", (20, 30));
    query.attributes = vec![
        Attribute::new("db.system.name", "sqlite"),
        Attribute::new("db.namespace", "orders"),
        Attribute::new("retries", 2),
        Attribute::new("cached", false),
        Attribute::new("share", 0.5),
    ];
    let mut pay = timed("orders", 5, 3, Kind::CLIENT, "POST /payments", (30, 60));
    pay.attributes = vec![
        Attribute::new("server.address", "payments"),
        Attribute::new("server.port", 8080),
    ];
    pay.status = Status {
        code: SpanStatus::ERROR,
        message: "declined".into(),
    };
    pay.events = vec![Event {
        name: "declined".into(),
        time_unix_ns: START + 55 * MS,
        attributes: vec![Attribute::new("code", 51)],
        ..Event::default()
    }];
    pay.links = vec![Link {
        trace_id: Some(TraceId([9; 16])),
        span_id: Some(SpanId([9; 8])),
        ..Link::default()
    }];
    vec![
        timed("gateway", 1, 0, Kind::SERVER, "POST /api/orders", (0, 100)),
        call,
        timed("orders", 3, 2, Kind::SERVER, "POST /orders", (10, 80)),
        query,
        pay,
    ]
}

async fn with_checkout() -> (Running, TraceId) {
    let lab = start(Setup::default()).await;
    let spans = checkout();
    lab.post(body(&spans)).await;
    (lab, spans[0].trace_id)
}

impl Running {
    async fn ask(&self, path: &str) -> (StatusCode, String) {
        let answer = self
            .client
            .get(format!("{}{path}", self.page))
            .send()
            .await
            .expect("an answer");
        (answer.status(), answer.text().await.expect("text"))
    }

    async fn pretty(&self, path: &str) -> String {
        let (status, text) = self.ask(path).await;
        let json: Json = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path}: {status} {text}"));
        format!("{status}\n{json:#}")
    }
}

#[tokio::test]
async fn tempo_tells_a_trace_in_both_versions_and_says_when_it_is_whole() {
    let (lab, id) = with_checkout().await;
    assert_snapshot!("tempo_trace", lab.pretty(&format!("/api/traces/{id}")).await);
    let path = format!("/api/v2/traces/{id}");
    assert_eq!(lab.get(&path).await["status"], "PARTIAL", "spans may still come");
    until(async || lab.get(&path).await["status"].is_null()).await;
    let first = lab.get(&format!("/api/traces/{id}")).await;
    let second = lab.get(&path).await;
    assert_eq!(second["trace"]["resourceSpans"], first["batches"]);
    assert_eq!(
        lab.get("/api/v2/traces/abc").await,
        serde_json::json!({ "trace": {}, "metrics": {} })
    );
    assert_eq!(lab.ask("/api/echo").await.1, "echo\n");
    assert!(lab.get("/api/status/buildinfo").await["version"].is_string());
    // A time that the trace does not touch, and one that it does.
    assert_eq!(lab.ask(&format!("/api/traces/{id}?start=1&end=2")).await.0, 404);
    assert_eq!(
        lab.ask(&format!("/api/traces/{id}?start=1767323045&end=1767323046"))
            .await
            .0,
        200
    );
}

/// Tempo's `TraceByIDResponse`, as far as it is answered here.
#[derive(Clone, PartialEq, prost::Message)]
struct TraceById {
    #[prost(message, optional, tag = "1")]
    trace: Option<trace::otlp::proto::ExportTraceServiceRequest>,
    #[prost(message, optional, tag = "2")]
    metrics: Option<()>,
    #[prost(int32, tag = "3")]
    status: i32,
    #[prost(string, tag = "4")]
    message: String,
}

#[tokio::test]
async fn protobuf_is_told_to_those_who_accept_it_and_says_the_same() {
    let (lab, id) = with_checkout().await;
    let get = async |path: &str| {
        let request = lab.client.get(format!("{}{path}/{id}", lab.page));
        let answer = request
            .header("accept", "application/protobuf")
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.headers()["content-type"], "application/protobuf");
        answer.bytes().await.expect("bytes")
    };
    let mut decoder = trace::otlp::decode::Decoder::new();
    let mut spans =
        |request: trace::otlp::proto::ExportTraceServiceRequest| decoder.decode(request.resource_spans).spans;
    let mut expected = checkout();
    expected.sort_by_key(|span| span.service().to_owned());
    let sent =
        trace::otlp::proto::ExportTraceServiceRequest::decode(get("/api/traces").await).expect("protobuf");
    assert_eq!(spans(sent), expected);
    let sent = TraceById::decode(get("/api/v2/traces").await).expect("protobuf");
    assert_eq!((sent.status, sent.metrics), (1, Some(())));
    assert!(sent.message.contains("still coming"), "{}", sent.message);
    assert_eq!(spans(sent.trace.expect("a trace")), expected);
}

#[tokio::test]
async fn jaeger_tells_services_operations_traces_and_dependencies() {
    let (lab, id) = with_checkout().await;
    let time = "query.startTimeMin=2026-01-02T03:04:00Z&query.startTimeMax=2026-01-02T03:05:00Z";
    let mut told = String::new();
    for path in [
        "/jaeger/api/v3/services",
        "/jaeger/api/v3/operations?service=orders",
        "/jaeger/api/v3/operations?service=orders&spanKind=server",
        &format!("/jaeger/api/v3/traces/{id}"),
        "/jaeger/api/v3/traces/abc",
        "/jaeger/api/v3/traces",
        &format!("/jaeger/api/v3/traces?{time}&query.serviceName=nobody"),
        "/jaeger/api/services",
        "/jaeger/api/services/orders/operations",
        "/jaeger/api/operations?service=gateway",
        &format!("/jaeger/api/traces/{id}"),
        "/jaeger/api/traces/abc",
        "/jaeger/api/traces?limit=1",
        "/jaeger/api/dependencies?endTs=1767323046000&lookback=60000",
    ] {
        told += &format!("GET {path}\n{}\n\n", lab.pretty(path).await);
    }
    assert_snapshot!("jaeger", told);
}

#[tokio::test]
async fn jaegers_conditions_must_all_hold_for_one_span() {
    let (lab, _) = with_checkout().await;
    let v1 = "start=1767323000000000&end=1767323100000000&service=orders";
    for (conditions, found) in [
        ("", 1),
        ("&operation=POST%20/orders", 1),
        ("&operation=GET%20/orders", 0),
        ("&minDuration=65ms", 1),
        ("&minDuration=71ms", 0),
        ("&maxDuration=10ms", 1),
        ("&minDuration=29ms&maxDuration=30ms", 1),
        ("&tags=%7B%22error%22:%22true%22%7D", 1),
        ("&tags=%7B%22error%22:%22true%22%7D&operation=POST%20/orders", 0),
        ("&tag=retries:2&tag=cached:false", 1),
        ("&tag=retries:2&tag=code:51", 0),
        ("&tag=code:51", 1),
        ("&tag=service.instance.id:orders-1", 1),
        ("&tag=span.kind:server&minDuration=70ms", 1),
        ("&tag=span.kind:producer", 0),
    ] {
        let answer = lab.get(&format!("/jaeger/api/traces?{v1}{conditions}")).await;
        assert_eq!(
            answer["data"].as_array().expect("a list").len(),
            found,
            "{conditions}"
        );
    }
    let late = lab
        .get("/jaeger/api/traces?service=orders&start=1767323046000000")
        .await;
    assert_eq!(late["data"], serde_json::json!([]));
}

#[tokio::test]
async fn zipkin_tells_names_traces_and_dependencies() {
    let (lab, id) = with_checkout().await;
    let mut told = String::new();
    for path in [
        "/zipkin/api/v2/services",
        "/zipkin/api/v2/spans?serviceName=ORDERS",
        "/zipkin/api/v2/remoteServices?serviceName=orders",
        &format!("/zipkin/api/v2/trace/{id}"),
        "/zipkin/api/v2/dependencies?endTs=1767323046000&lookback=60000",
    ] {
        told += &format!("GET {path}\n{}\n\n", lab.pretty(path).await);
    }
    assert_snapshot!("zipkin", told);
    let one = lab.get(&format!("/zipkin/api/v2/trace/{id}")).await;
    let time = "endTs=1767323046000&lookback=60000";
    for (conditions, found) in [
        ("", true),
        ("&serviceName=orders&spanName=post%20/orders", true),
        ("&serviceName=gateway&spanName=insert%20orders", false),
        ("&serviceName=orders&remoteServiceName=payments", true),
        ("&serviceName=gateway&remoteServiceName=payments", false),
        ("&annotationQuery=error%20and%20db.namespace%3Dorders", true),
        ("&annotationQuery=db.namespace%3Dusers", false),
        ("&minDuration=100000", true),
        ("&minDuration=100001", false),
        ("&minDuration=10000&maxDuration=10000", true),
    ] {
        let answer = lab
            .get(&format!("/zipkin/api/v2/traces?{time}{conditions}"))
            .await;
        let expected = if found { vec![one.clone()] } else { vec![] };
        assert_eq!(answer, Json::from(expected), "{conditions}");
    }
}

#[tokio::test]
async fn questions_that_are_wrong_are_answered_with_what_is_wrong() {
    let (lab, id) = with_checkout().await;
    let long = "1".repeat(33);
    for (path, status, says) in [
        ("/api/traces/xyz", 400, "hex digits"),
        (&*format!("/api/traces/{long}"), 400, "hex digits"),
        ("/api/traces/0", 400, "hex digits"),
        ("/api/traces/1", 404, "not found"),
        (&format!("/api/traces/{id}?start=yesterday"), 400, "start"),
        (
            "/jaeger/api/v3/traces?query.startTimeMin=1&query.startTimeMax=2",
            400,
            "RFC 3339",
        ),
        ("/jaeger/api/v3/traces/%C3%A9", 400, "hex digits"),
        ("/jaeger/api/traces", 400, "'service' is required"),
        ("/jaeger/api/traces?service=a&limit=0", 400, "positive"),
        ("/jaeger/api/traces?service=a&minDuration=5", 400, "minDuration"),
        ("/jaeger/api/traces?service=a&tags=x", 400, "JSON object"),
        ("/zipkin/api/v2/spans", 400, "serviceName"),
        ("/zipkin/api/v2/trace/1", 404, "not found"),
        ("/zipkin/api/v2/traceMany?traceIds=", 400, "empty"),
        ("/zipkin/api/v2/traceMany?traceIds=1", 400, "single trace"),
        ("/zipkin/api/v2/traceMany?traceIds=1,1", 400, "redundant"),
        ("/zipkin/api/v2/traces?limit=-1", 400, "limit"),
        ("/zipkin/api/v2/traces?maxDuration=5", 400, "minDuration"),
        ("/zipkin/api/v2/dependencies", 400, "endTs"),
        ("/lab/red?step=0", 400, "positive"),
        ("/lab/red?step=1us&from=1&until=2000000000", 400, "steps"),
        ("/lab/red?from=5&until=4", 400, "until"),
        ("/lab/traces?limit=999999999999999999999", 400, "limit"),
        ("/lab/traces?limit=%FF", 400, "limit"),
        ("/lab/logs?trace_id=-", 400, "hex digits"),
    ] {
        let (answered, text) = lab.ask(path).await;
        assert_eq!(answered, status, "{path}: {text}");
        assert!(text.contains(says), "{path}: {text}");
    }
}

#[tokio::test]
async fn the_graph_tells_both_sides_of_calls_apart_and_knows_who_sends_no_spans() {
    let (lab, _) = with_checkout().await;
    assert_snapshot!("graph", lab.pretty("/lab/graph").await);
    assert_snapshot!("red", lab.pretty("/lab/red?step=50ms").await);
    assert_eq!(
        lab.get("/lab/graph?until=1767323044").await["edges"],
        serde_json::json!([])
    );
}

#[tokio::test]
async fn a_call_that_is_not_answered_yet_makes_no_second_node_of_who_answers_there() {
    let (lab, _) = with_checkout().await;
    // The same address once more, a service by its name, and somebody of whom nothing is known.
    let calls = ["10.0.0.7", "elsewhere", "10.0.0.8"].iter().zip(20..);
    let spans: Vec<Span> = calls
        .map(|(address, id)| {
            let mut call = timed("gateway", id, 1, Kind::CLIENT, "GET /orders", (91, 99));
            call.attributes = vec![
                Attribute::new("server.address", *address),
                Attribute::new("server.port", 4603),
            ];
            if *address == "elsewhere" {
                call.attributes.push(Attribute::new("peer.service", "orders"));
            }
            call
        })
        .collect();
    lab.post(body(&spans)).await;
    let graph = lab.get("/lab/graph").await;
    let from_gateway: Vec<(&str, u64)> = graph["edges"]
        .as_array()
        .expect("edges")
        .iter()
        .filter(|edge| edge["from"] == "gateway")
        .filter_map(|edge| Some((edge["to"].as_str()?, edge["calls"].as_u64()?)))
        .collect();
    assert_eq!(from_gateway, [("orders", 3), ("peer:10.0.0.8:4603", 1)]);
}

#[tokio::test]
async fn prometheus_gets_histograms_and_with_openmetrics_an_exemplar_in_each_bucket() {
    let (lab, id) = with_checkout().await;
    let get = async |accept: &str| {
        let request = lab
            .client
            .get(format!("{}/metrics", lab.page))
            .header("accept", accept);
        request
            .send()
            .await
            .expect("an answer")
            .text()
            .await
            .expect("text")
    };
    let open = get("application/openmetrics-text;version=1.0.0,text/plain;q=0.5").await;
    assert!(open.ends_with("# EOF\n"));
    let labels = "service=\"orders\",span_name=\"POST /payments\",span_kind=\"SPAN_KIND_CLIENT\",status_code=\"STATUS_CODE_ERROR\"";
    let exemplar = format!(
        "traces_spanmetrics_latency_bucket{{{labels},le=\"0.032\"}} 1 # {{trace_id=\"{id}\",span_id=\"0000000000000005\"}} 0.03 "
    );
    assert!(open.contains(&exemplar), "{open}");
    assert!(open.contains("# TYPE traces_spanmetrics_calls counter\n"));
    let plain = get("text/plain").await;
    assert!(plain.contains(&format!("traces_spanmetrics_calls_total{{{labels}}} 1\n")));
    assert!(plain.contains(&format!(
        "traces_spanmetrics_latency_bucket{{{labels},le=\"+Inf\"}} 1\n"
    )));
    assert!(plain.contains(&format!(
        "traces_spanmetrics_latency_bucket{{{labels},le=\"0.016\"}} 0\n"
    )));
    assert!(!plain.contains(" # {") && !plain.contains("# EOF"));
}

#[tokio::test]
async fn answers_say_that_an_eviction_made_them_incomplete_if_it_did() {
    let lab = start(Setup {
        memory: 64 << 10,
        ..Setup::default()
    })
    .await;
    let mut trace = 0;
    while lab.counts().await[4] == 0 {
        trace += 1;
        let mut one = span("orders", trace, 1, 0);
        (one.start_unix_ns, one.end_unix_ns) = (START, START + MS);
        lab.post(body([&one])).await;
        assert!(trace < 1_000, "the budget is passed at some time");
    }
    let incomplete = async |path: &str| {
        let answer = lab
            .client
            .get(format!("{}{path}", lab.page))
            .send()
            .await
            .expect("an answer");
        answer.headers().get("lab-incomplete").is_some()
    };
    let gone = span("orders", 1, 1, 0).trace_id;
    for path in [
        "/lab/graph",
        "/lab/red",
        "/lab/traces",
        "/lab/traces/GONE",
        "/api/search?q={}",
        "/api/search/tags",
        "/api/v2/search/tags",
        "/api/search/tag/service.name/values",
        "/api/v2/search/tag/resource.service.name/values",
        "/api/metrics/query?q={}|rate()&start=1767323044&end=1767323046",
        "/api/metrics/query_range?q={}|rate()&start=1767323044&end=1767323046",
        "/api/traces/GONE",
        "/api/v2/traces/GONE",
        "/jaeger/api/services",
        "/jaeger/api/services/orders/operations",
        "/jaeger/api/operations?service=orders",
        "/jaeger/api/traces?service=orders&start=1767323045000000&end=1767323046000000",
        "/jaeger/api/traces/GONE",
        "/jaeger/api/dependencies?endTs=1767323046000&lookback=60000",
        "/jaeger/api/v3/services",
        "/jaeger/api/v3/operations?service=orders",
        "/jaeger/api/v3/traces?query.service_name=orders&query.start_time_min=2026-01-02T03:04:05Z\
         &query.start_time_max=2026-01-02T03:04:06Z",
        "/jaeger/api/v3/traces/GONE",
        "/zipkin/api/v2/services",
        "/zipkin/api/v2/spans?serviceName=orders",
        "/zipkin/api/v2/traces?endTs=1767323046000&lookback=60000",
        "/zipkin/api/v2/trace/GONE",
        "/zipkin/api/v2/dependencies?endTs=1767323046000&lookback=60000",
    ] {
        let path = path.replace("GONE", &gone.to_string());
        assert!(incomplete(&path).await, "{path}");
    }
    for path in [
        "/jaeger/api/traces?service=orders&start=1767323046000000&end=1767323047000000",
        "/lab/red?from=1767323046",
    ] {
        assert!(!incomplete(path).await, "{path}");
    }
    let second = lab.get(&format!("/api/v2/traces/{gone}")).await;
    assert_eq!(second["status"], "PARTIAL");
    assert!(
        second["message"]
            .as_str()
            .is_some_and(|text| text.contains("evicted")),
        "{second}"
    );
}

#[tokio::test]
async fn logs_are_found_by_their_trace() {
    use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
    use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
    let lab = start(Setup::default()).await;
    for trace in [1u8, 2, 1] {
        let records = [trace, 3].map(|id| LogRecord {
            trace_id: vec![id; 16],
            severity_text: format!("of {id}"),
            ..LogRecord::default()
        });
        let request = ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                scope_logs: vec![ScopeLogs {
                    log_records: records.into(),
                    ..ScopeLogs::default()
                }],
                ..ResourceLogs::default()
            }],
        };
        let sent = lab
            .client
            .post(format!("{}/v1/logs", lab.otlp))
            .header("content-type", "application/x-protobuf")
            .body(request.encode_to_vec());
        assert_eq!(sent.send().await.expect("an answer").status(), 200);
    }
    let found = lab.get(&format!("/lab/logs?trace_id={}", TraceId([1; 16]))).await;
    let texts: Vec<&str> = found["resourceLogs"]
        .as_array()
        .expect("a list")
        .iter()
        .flat_map(|resource| {
            resource["scopeLogs"][0]["logRecords"]
                .as_array()
                .expect("records")
        })
        .filter_map(|record| record["severityText"].as_str())
        .collect();
    assert_eq!(texts, ["of 1", "of 1"]);
    assert_eq!(
        lab.get("/lab/logs?limit=1").await["resourceLogs"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn tempos_search_finds_by_query_and_by_tags() {
    let (lab, _) = with_checkout().await;
    let q = |query: &str| {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!("/api/search?q={encoded}")
    };
    assert_snapshot!(
        "tempo_search",
        lab.pretty(&q("{ span.retries = 2 || status = error }")).await
    );
    for (path, found) in [
        (
            q(
                "{ resource.service.name = \"gateway\" } >> { kind = client && span.db.system.name = \"sqlite\" }",
            ),
            1,
        ),
        (
            q("{ resource.service.name = \"orders\" } >> { resource.service.name = \"gateway\" }"),
            0,
        ),
        (q("{ span.db.namespace = \"nothing\" }"), 0),
        (q("{ } | count() > 4"), 1),
        (q("{ } | count() > 5"), 0),
        ("/api/search".to_owned(), 1),
        ("/api/search?start=1767323045&end=1767323046".to_owned(), 1),
        ("/api/search?start=1&end=2".to_owned(), 0),
        (
            "/api/search?tags=service.name%3Dgate%20db.namespace%3Dorders".to_owned(),
            1,
        ),
        (
            "/api/search?tags=service.name%3Dgate%20db.namespace%3Dusers".to_owned(),
            0,
        ),
        ("/api/search?tags=error%3Dtrue&minDuration=100ms".to_owned(), 1),
        ("/api/search?minDuration=101ms".to_owned(), 0),
        ("/api/search?maxDuration=99ms".to_owned(), 0),
    ] {
        let answer = lab.get(&path).await;
        assert_eq!(
            answer["traces"].as_array().map(Vec::len),
            Some(found),
            "{path}: {answer}"
        );
    }
    for (path, says) in [
        (q("{ stauts = error }"), "status"),
        (q("{ } | rate()"), "metrics"),
        ("/api/search?limit=0".to_owned(), "positive"),
        ("/api/search?start=2&end=1".to_owned(), "start"),
        ("/api/search?tags=a&q=b".to_owned(), "tags and q"),
        ("/api/search?minDuration=x".to_owned(), "minDuration"),
    ] {
        let (status, text) = lab.ask(&path).await;
        assert!(status == 400 && text.contains(says), "{path}: {status} {text}");
    }
}

#[tokio::test]
async fn of_many_traces_those_are_found_that_started_last() {
    let lab = start(Setup::default()).await;
    // They come in another order than they started.
    for trace in [3, 1, 4, 2, 5] {
        let mut one = span("orders", trace, 1, 0);
        (one.start_unix_ns, one.end_unix_ns) = (START + trace * MS, START + trace * MS + 1);
        lab.post(body([&one])).await;
    }
    let answer = lab.get("/api/search?limit=3").await;
    let starts: Vec<u64> = answer["traces"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|trace| trace["startTimeUnixNano"].as_str()?.parse().ok())
        .collect();
    assert_eq!(starts, [5, 4, 3].map(|trace| START + trace * MS));
}

#[tokio::test]
async fn tempos_tags_and_their_values_are_told() {
    let (lab, _) = with_checkout().await;
    let mut told = String::new();
    for path in [
        "/api/search/tags",
        "/api/v2/search/tags?scope=span",
        "/api/v2/search/tags?q=%7B%20kind%20%3D%20server%20%7D&scope=resource",
        "/api/v2/search/tag/resource.service.name/values",
        "/api/v2/search/tag/.retries/values",
        "/api/v2/search/tag/span.share/values",
        "/api/v2/search/tag/span.cached/values",
        "/api/v2/search/tag/status/values",
        "/api/v2/search/tag/name/values?q=%7B%20resource.service.name%20%3D%20%22gateway%22%20%7D",
        "/api/v2/search/tag/event.code/values",
        "/api/search/tag/service.name/values",
    ] {
        told += &format!("GET {path}\n{}\n\n", lab.pretty(path).await);
    }
    assert_snapshot!("tempo_tags", told);
    let scopes = lab.get("/api/v2/search/tags").await;
    let names: Vec<&str> = scopes["scopes"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|scope| scope["name"].as_str())
        .collect();
    assert_eq!(names, ["resource", "span", "event", "intrinsic"]);
    assert_eq!(lab.ask("/api/v2/search/tag/no%20tag/values").await.0, 400);
    assert_eq!(lab.ask("/api/v2/search/tags?scope=nothing").await.0, 400);
}

#[tokio::test]
async fn tempos_metrics_are_told_over_time_and_as_one_number() {
    let (lab, _) = with_checkout().await;
    let time = "start=1767323044&end=1767323046";
    let q = "q=%7B%20%7D%20%7C%20count_over_time()%20by%20(resource.service.name)";
    assert_snapshot!(
        "tempo_metrics",
        format!(
            "{}\n\n{}",
            lab.pretty(&format!("/api/metrics/query_range?{q}&{time}&step=1s"))
                .await,
            lab.pretty(&format!("/api/metrics/query?{q}&{time}")).await
        )
    );
    for (path, says) in [
        ("/api/metrics/query_range?q=%7B%20%7D", "no metrics query"),
        ("/api/metrics/query_range", "required"),
        (&*format!("/api/metrics/query_range?{q}&start=2&end=1"), "range"),
        (&format!("/api/metrics/query_range?{q}&{time}&step=1us"), "steps"),
    ] {
        let (status, text) = lab.ask(path).await;
        assert!(status == 400 && text.contains(says), "{path}: {status} {text}");
    }
}
