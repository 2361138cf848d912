//! OTLP over HTTP.

use std::io::Write as _;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use trace::otlp::{encode, json};

use super::*;
use crate::receive::LARGEST;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

fn deflate_without_header(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("in memory")
}

fn json_body(spans: &[Span]) -> Vec<u8> {
    let mut text = Vec::new();
    json::write(&encode::resource_spans(spans), &mut text);
    text
}

async fn content_type(answer: &reqwest::Response) -> String {
    answer.headers()["content-type"]
        .to_str()
        .expect("text")
        .to_owned()
}

#[tokio::test]
async fn spans_come_back_as_they_went_in_either_form_and_any_encoding() {
    let lab = start(Setup::default()).await;
    let mut trace = 0;
    for content_type in [PROTOBUF, JSON, "Application/JSON; charset=utf-8"] {
        for encoding in [
            None,
            Some("gzip"),
            Some("zstd"),
            Some("deflate"),
            Some("identity"),
        ] {
            trace += 1;
            let spans = [span("orders", trace, 1, 0), span("users", trace, 2, 1)];
            let plain = if content_type == PROTOBUF {
                body(&spans)
            } else {
                json_body(&spans)
            };
            let sent = match encoding {
                Some("gzip") => gzip(&plain),
                Some("zstd") => zstd(&plain),
                Some("deflate") => zlib(&plain),
                _ => plain,
            };
            let answer = lab.send(sent, content_type, encoding).await;
            assert_eq!(answer.status(), 200, "{content_type} {encoding:?}");
            let answered = super::http::content_type(&answer).await;
            assert_eq!(answered, if content_type == PROTOBUF { PROTOBUF } else { JSON });
            let path = format!("{}/lab/traces/{}", lab.page, spans[0].trace_id);
            let text = lab
                .client
                .get(path)
                .send()
                .await
                .expect("an answer")
                .bytes()
                .await
                .expect("a body");
            let read = trace::otlp::decode::Decoder::new().decode(json::read(&text).expect("OTLP JSON"));
            assert_eq!(read.spans, spans);
        }
    }
    let raw = deflate_without_header(&body(&[span("orders", 99, 1, 0)]));
    assert_eq!(lab.send(raw, PROTOBUF, Some("deflate")).await.status(), 200);
    assert_eq!(lab.counts().await, [31, 0, 0, 31, 0]);
    assert_eq!(lab.messages("otlp-http").await["taken"], 16);
}

#[tokio::test]
async fn bad_spans_are_refused_one_by_one_and_the_good_ones_kept() {
    let lab = start(Setup::default()).await;
    let mut request = encode::request(&siblings("orders", 1, 1..=5));
    let spans = &mut request.resource_spans[0].scope_spans[0].spans;
    spans[0].trace_id = vec![0; 16];
    spans[1].span_id.push(1);
    spans[2].parent_span_id = vec![1];
    spans[3].span_id.clear();
    let answer = lab.post(request.encode_to_vec()).await;
    assert_eq!(answer.status(), 200);
    let answer = ExportTraceServiceResponse::decode(answer.bytes().await.expect("a body")).expect("protobuf");
    let partial = answer.partial_success.expect("some were refused");
    assert_eq!(
        (partial.rejected_spans, partial.error_message.is_empty()),
        (4, false)
    );

    let text = String::from_utf8(json_body(&[span("orders", 2, 1, 0)]))
        .expect("text")
        .replace("0001\"", "01\"");
    let answer = lab.send(text, JSON, None).await;
    let answer: Json = serde_json::from_str(&answer.text().await.expect("text")).expect("JSON");
    assert_eq!(answer["partialSuccess"]["rejectedSpans"], "1");
    assert_eq!(lab.counts().await, [6, 0, 5, 1, 0]);
}

#[tokio::test]
async fn wrong_requests_get_a_status_in_their_own_form() {
    let lab = start(Setup::default()).await;
    let good = body(&[span("orders", 1, 1, 0)]);
    for (sent, content_type, encoding, status) in [
        (good.clone(), "text/plain", None, 415),
        (good.clone(), "", None, 415),
        (good.clone(), PROTOBUF, Some("br"), 415),
        (good.clone(), PROTOBUF, Some("gzip"), 400),
        (good.clone(), PROTOBUF, Some("zstd"), 400),
        (good.clone(), PROTOBUF, Some("deflate"), 400),
        (good.clone(), JSON, None, 400),
        (b"\xff\xff\xff\xff".to_vec(), PROTOBUF, None, 400),
        (
            b"{\"resourceSpans\":[{\"scopeSpans\":7}]}".to_vec(),
            JSON,
            None,
            400,
        ),
        ("[".repeat(1 << 20).into_bytes(), JSON, None, 400),
    ] {
        let answer = lab.send(sent, content_type, encoding).await;
        assert_eq!(answer.status(), status, "{content_type} {encoding:?}");
        if super::http::content_type(&answer).await == PROTOBUF {
            // google.rpc.Status: field 1 is the code, field 2 the message.
            assert!(answer.bytes().await.expect("a body").starts_with(&[8]));
        } else {
            let status: Json = serde_json::from_str(&answer.text().await.expect("text")).expect("JSON");
            assert!(
                status["code"].is_i64() && status["message"].is_string(),
                "{status}"
            );
        }
    }
    // What is no export at all gets a status too.
    let url = |path: &str| format!("{}{path}", lab.otlp);
    for (request, status, code) in [
        (lab.client.get(url("/v1/traces")), 405, 12),
        (lab.client.post(url("/v1/spans")), 404, 5),
    ] {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), status);
        let body: Json = serde_json::from_str(&answer.text().await.expect("text")).expect("JSON");
        assert_eq!(body["code"], code, "{body}");
    }
    assert_eq!(lab.counts().await, [0; 5]);
    let messages = lab.messages("otlp-http").await;
    assert_eq!(
        (&messages["taken"], &messages["malformed"]),
        (&Json::from(0), &Json::from(10))
    );
}

#[tokio::test]
async fn a_body_cut_at_any_byte_is_refused_or_a_shorter_request_and_never_the_end() {
    let lab = start(Setup::default()).await;
    let plain = body(&siblings("orders", 1, 1..=2));
    for (sent, content_type, encoding) in [
        (plain.clone(), PROTOBUF, None),
        (gzip(&plain), PROTOBUF, Some("gzip")),
        (zstd(&plain), PROTOBUF, Some("zstd")),
        (zlib(&plain), PROTOBUF, Some("deflate")),
        (json_body(&[span("orders", 1, 1, 0)]), JSON, None),
    ] {
        // Nothing at all is an empty request in protobuf.
        for cut in 1..sent.len() {
            let status = lab
                .send(sent[..cut].to_vec(), content_type, encoding)
                .await
                .status();
            assert_eq!(
                status,
                400,
                "{content_type} {encoding:?} cut to {cut} of {}",
                sent.len()
            );
        }
    }
    assert_eq!(lab.post(Vec::new()).await.status(), 200);
    assert_eq!(lab.counts().await, [0; 5]);
}

#[tokio::test]
async fn what_is_too_large_before_or_after_decompression_is_refused() {
    let lab = start(Setup::default()).await;
    let bomb = vec![0; LARGEST + 1];
    for (sent, encoding) in [
        (gzip(&bomb), Some("gzip")),
        (zstd(&bomb), Some("zstd")),
        (zlib(&bomb), Some("deflate")),
    ] {
        assert!(sent.len() < LARGEST / 100);
        assert_eq!(
            lab.send(sent, PROTOBUF, encoding).await.status(),
            413,
            "{encoding:?}"
        );
    }
    assert_eq!(lab.post(bomb).await.status(), 413);
    assert_eq!(lab.counts().await, [0; 5]);
}

#[tokio::test]
async fn many_bombs_at_once_are_refused_for_pressure_and_others_are_served_after() {
    let lab = start(Setup {
        under_way: 8 << 20,
        ..Setup::default()
    })
    .await;
    let bomb = gzip(&vec![0; LARGEST / 2]);
    let answer = lab.send(bomb, PROTOBUF, Some("gzip")).await;
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.headers()["retry-after"].to_str().expect("text")
        ),
        (503, "1")
    );
    assert_eq!(lab.post(body(&[span("orders", 1, 1, 0)])).await.status(), 200);
}

#[tokio::test]
async fn a_client_that_sends_half_a_request_costs_nothing_but_its_connection() {
    let lab = start(Setup::default()).await;
    let address = lab.otlp.trim_start_matches("http://");
    let mut halves = Vec::new();
    for _ in 0..50 {
        let mut half = tokio::net::TcpStream::connect(address).await.expect("listens");
        let head = b"POST /v1/traces HTTP/1.1\r\nhost: lab\r\ncontent-type: application/x-protobuf\r\ncontent-length: 1000\r\n\r\nhalf";
        half.write_all(head).await.expect("sent");
        halves.push(half);
    }
    assert_eq!(lab.post(body(&[span("orders", 1, 1, 0)])).await.status(), 200);
    // One that goes away is forgotten; one that stays is told after ten seconds.
    halves.truncate(1);
    let mut answer = Vec::new();
    let told = tokio::time::timeout(Duration::from_secs(20), halves[0].read_to_end(&mut answer)).await;
    told.expect("in time").expect("an answer");
    assert!(
        answer.starts_with(b"HTTP/1.1 408"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}

#[tokio::test]
async fn metrics_and_logs_are_counted_and_the_latest_logs_kept() {
    let lab = start(Setup::default()).await;
    let logs = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1","severityNumber":9,"body":{"stringValue":"hello"}}]}]}]}"#;
    let metrics = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","gauge":{"dataPoints":[{"timeUnixNano":"1","asDouble":1.5},{"timeUnixNano":"2","asInt":"3"}]}}]}]}]}"#;
    for (path, text) in [("logs", logs), ("metrics", metrics)] {
        let request = lab
            .client
            .post(format!("{}/v1/{path}", lab.otlp))
            .header("content-type", JSON);
        assert_eq!(
            request.body(text).send().await.expect("an answer").status(),
            200,
            "{path}"
        );
        let request = lab
            .client
            .post(format!("{}/v1/{path}", lab.otlp))
            .header("content-type", PROTOBUF);
        assert_eq!(
            request.body("nonsense").send().await.expect("an answer").status(),
            400,
            "{path}"
        );
    }
    let counts = lab.get("/lab/spans").await;
    assert_eq!(
        (counts["metric_points"].as_u64(), counts["log_records"].as_u64()),
        (Some(2), Some(1))
    );
    assert!(lab.get("/lab/logs").await.to_string().contains("hello"));
}

#[tokio::test]
async fn what_services_measure_is_told_by_name_service_and_time() {
    let lab = start(Setup::default()).await;
    let point = |second: u64, value: u64| serde_json::json!({"timeUnixNano": (second * 1_000_000_000).to_string(), "asInt": value.to_string()});
    for (service, metric, points) in [
        ("orders", "queue.length", vec![point(1, 3), point(6, 5)]),
        ("users", "queue.length", vec![point(1, 0)]),
        ("orders", "memory", vec![point(6, 9)]),
    ] {
        let request = serde_json::json!({"resourceMetrics": [{
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
            "scopeMetrics": [{"metrics": [{"name": metric, "gauge": {"dataPoints": points}}]}],
        }]});
        let sent = lab
            .client
            .post(format!("{}/v1/metrics", lab.otlp))
            .header("content-type", JSON);
        assert_eq!(
            sent.body(request.to_string())
                .send()
                .await
                .expect("an answer")
                .status(),
            200
        );
    }
    let told = async |asked: &str| {
        let answer = lab.get(&format!("/lab/metrics?{asked}")).await;
        let metrics = answer["metrics"].as_array().expect("a list").clone();
        let line = |name: &Json, it: &Json| format!("{name} {} {}", it["service"], it["points"]);
        let lines = metrics.iter().flat_map(|it| {
            let lines = it["lines"].as_array().expect("a list").iter();
            lines
                .map(|one| line(&it["name"], one).replace('"', ""))
                .collect::<Vec<_>>()
        });
        lines.collect::<Vec<_>>()
    };
    let length = "queue.length orders [[1000000000,3.0],[6000000000,5.0]]";
    assert_eq!(
        told("service=orders").await,
        ["memory orders [[6000000000,9.0]]", length]
    );
    assert_eq!(
        told("metric=queue.length").await,
        [length, "queue.length users [[1000000000,0.0]]"]
    );
    assert_eq!(
        told("metric=queue.length&metric=memory&service=orders&from=5").await,
        [
            "memory orders [[6000000000,9.0]]",
            "queue.length orders [[6000000000,5.0]]"
        ]
    );
    assert_eq!(lab.get("/lab/metrics?from=2&until=1").await["status"], 400);
}

#[tokio::test]
async fn the_page_answers() {
    let lab = start(Setup::default()).await;
    lab.post(body(&[span("orders", 1, 1, 0), span("users", 1, 2, 1)]))
        .await;
    lab.post(body(&[span("orders", 2, 1, 9)])).await;
    let listed = lab.get("/lab/traces?limit=5").await;
    let lines = listed["traces"].as_array().expect("a list");
    assert_eq!(
        (
            lines.len(),
            lines[0]["orphans"].as_u64(),
            lines[1]["spans"].as_u64()
        ),
        (2, Some(1), Some(2))
    );
    assert_eq!(lines[1]["root_service"], "orders");
    assert_eq!(lab.get("/lab/services").await["services"]["users"]["stored"], 1);
    let unknown = lab.get("/lab/traces/00000000000000000000000000000001").await;
    assert_eq!(unknown["status"], 404);
    assert_eq!(lab.get("/lab/traces/x").await["status"], 400);
    for (path, part) in [
        ("/", "<!doctype html>"),
        ("/livez", "ok"),
        ("/readyz", "ok"),
        ("/metrics", "lab_spans_received_total{service=\"orders\"} 2"),
    ] {
        let answer = lab
            .client
            .get(format!("{}{path}", lab.page))
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200);
        assert!(answer.text().await.expect("text").contains(part), "{path}");
    }
}
