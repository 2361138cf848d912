//! OTLP over gRPC, by the generated client.

use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use tonic::Code;
use tonic::codec::CompressionEncoding;
use tonic::transport::Channel;
use trace::otlp::encode;

use super::*;
use crate::receive::LARGEST;

async fn client(lab: &Running) -> TraceServiceClient<Channel> {
    TraceServiceClient::connect(lab.grpc.clone())
        .await
        .expect("listens")
}

#[tokio::test]
async fn spans_are_taken_plain_and_compressed() {
    let lab = start(Setup::default()).await;
    let mut client = client(&lab).await;
    let answer = client
        .export(encode::request(&[span("orders", 1, 1, 0)]))
        .await
        .expect("accepted")
        .into_inner();
    assert_eq!(answer.partial_success, None);
    for (trace, encoding) in [(2, CompressionEncoding::Gzip), (3, CompressionEncoding::Zstd)] {
        let mut client = client.clone().send_compressed(encoding);
        client
            .export(encode::request(&[span("orders", trace, 1, 0)]))
            .await
            .expect("accepted");
    }
    assert_eq!(lab.counts().await, [3, 0, 0, 3, 0]);
}

#[tokio::test]
async fn metrics_and_logs_are_taken_and_bad_spans_are_told() {
    let lab = start(Setup::default()).await;
    let mut metrics = MetricsServiceClient::connect(lab.grpc.clone())
        .await
        .expect("listens");
    metrics
        .export(ExportMetricsServiceRequest::default())
        .await
        .expect("accepted");
    let mut logs = LogsServiceClient::connect(lab.grpc.clone())
        .await
        .expect("listens");
    logs.export(ExportLogsServiceRequest::default())
        .await
        .expect("accepted");
    let mut request = encode::request(&[span("orders", 1, 1, 0), span("orders", 1, 2, 0)]);
    request.resource_spans[0].scope_spans[0].spans[0].span_id = vec![0; 8];
    let answer = client(&lab)
        .await
        .export(request)
        .await
        .expect("accepted in part")
        .into_inner();
    assert_eq!(answer.partial_success.expect("one was refused").rejected_spans, 1);
    assert_eq!(lab.counts().await, [2, 0, 1, 1, 0]);
}

#[tokio::test]
async fn what_is_too_large_or_under_pressure_fails_with_its_code() {
    let lab = start(Setup {
        under_way: 80 << 20,
        ..Setup::default()
    })
    .await;
    let large = |bytes: usize| {
        let mut large = span("orders", 1, 1, 0);
        large.name = "x".repeat(bytes);
        encode::request(&[large])
    };
    let mut zipped = client(&lab).await.send_compressed(CompressionEncoding::Gzip);
    let refused = zipped.export(large(LARGEST)).await.expect_err("a bomb");
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    // Without a time to wait, for it is no use to send it again.
    assert!(refused.details().is_empty());
    let lab = start(Setup {
        under_way: 1 << 20,
        ..Setup::default()
    })
    .await;
    let refused = client(&lab)
        .await
        .export(large(2 << 20))
        .await
        .expect_err("too much");
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
    let details = String::from_utf8_lossy(refused.details()).into_owned();
    // A RetryInfo whose delay is of one second.
    assert!(
        details.ends_with("google.rpc.RetryInfo\u{12}\u{4}\n\u{2}\u{8}\u{1}"),
        "{details:?}"
    );
    assert_eq!(lab.messages("otlp-grpc").await["busy"], 1);
    assert_eq!(lab.counts().await, [0; 5]);
}

/// A call over HTTP/2 by hand, with any bytes.
async fn call(lab: &Running, path: &str, body: Vec<u8>) -> Option<i32> {
    let stream = tokio::net::TcpStream::connect(lab.grpc.trim_start_matches("http://"))
        .await
        .expect("listens");
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("HTTP/2");
    tokio::spawn(connection);
    let request =
        axum::http::Request::post(format!("{}{path}", lab.grpc)).header("content-type", "application/grpc");
    let request = request
        .body(http_body_util::Full::new(bytes::Bytes::from(body)))
        .expect("a request");
    let answer = sender.send_request(request).await.expect("an answer");
    answer.headers().get("grpc-status")?.to_str().ok()?.parse().ok()
}

#[tokio::test]
async fn calls_that_are_no_calls_fail_and_do_no_harm() {
    let lab = start(Setup::default()).await;
    let export = crate::signals::Signal::Traces.grpc_path();
    let message = body(&[span("orders", 1, 1, 0)]);
    let mut framed = vec![0];
    framed.extend_from_slice(&(message.len() as u32).to_be_bytes());
    framed.extend_from_slice(&message);
    for cut in 0..framed.len() {
        assert_eq!(
            call(&lab, export, framed[..cut].to_vec()).await,
            Some(3),
            "cut to {cut}"
        );
    }
    framed[0] = 1;
    assert_eq!(
        call(&lab, export, framed.clone()).await,
        Some(3),
        "compressed, but how"
    );
    framed[0] = 7;
    assert_eq!(call(&lab, export, framed).await, Some(3));
    assert_eq!(call(&lab, "/no.such.Service/Method", Vec::new()).await, Some(12));
    assert_eq!(lab.counts().await, [0; 5]);
}
