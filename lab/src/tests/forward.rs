//! The copy for another backend, which here is another lab.

use super::*;

#[tokio::test]
async fn another_backend_gets_the_same_requests_of_all_signals() {
    let backend = start(Setup::default()).await;
    let forwarder = Some(Forwarder::start(&backend.otlp).expect("a URL"));
    let lab = start(Setup {
        forwarder,
        ..Setup::default()
    })
    .await;
    let spans = [span("orders", 1, 1, 0), span("users", 1, 2, 1)];
    let zipped = zstd::encode_all(&body(&spans)[..], 1).expect("in memory");
    assert_eq!(
        lab.send(zipped, "application/x-protobuf", Some("zstd"))
            .await
            .status(),
        200
    );
    let logs = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hello"}}]}]}]}"#;
    let request = lab
        .client
        .post(format!("{}/v1/logs", lab.otlp))
        .header("content-type", "application/json");
    request.body(logs).send().await.expect("an answer");
    lab.send("nonsense", "application/x-protobuf", None).await;
    let mut grpc =
        opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient::connect(
            lab.grpc.clone(),
        )
        .await
        .expect("listens");
    grpc.export(trace::otlp::encode::request(&[span("orders", 2, 1, 0)]))
        .await
        .expect("accepted");

    let report = lab.lab.forwarder.as_ref().expect("forwarding").finish().await;
    assert_eq!(
        (report.forwarded, report.failed, report.waiting),
        (3, 0, 0),
        "{report:?}"
    );
    assert_eq!(backend.counts().await, [3, 0, 0, 3, 0]);
    assert_eq!(backend.get("/lab/spans").await["log_records"], 1);
    let id = spans[0].trace_id;
    assert_eq!(
        backend.get(&format!("/lab/traces/{id}")).await,
        lab.get(&format!("/lab/traces/{id}")).await
    );
}

#[tokio::test]
async fn a_backend_that_is_not_there_costs_its_copy_alone() {
    let unused = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/", unused.local_addr().expect("bound"));
    drop(unused);
    let lab = start(Setup {
        forwarder: Some(Forwarder::start(&url).expect("a URL")),
        ..Setup::default()
    })
    .await;
    assert_eq!(lab.post(body(&[span("orders", 1, 1, 0)])).await.status(), 200);
    assert_eq!(lab.counts().await, [1, 0, 0, 1, 0]);
    let report = lab.lab.forwarder.as_ref().expect("forwarding").finish().await;
    assert_eq!((report.forwarded, report.failed), (0, 1));
    assert!(report.error.is_some());
}

#[tokio::test]
async fn a_backend_under_pressure_is_tried_again() {
    let backend = start(Setup {
        under_way: 1,
        ..Setup::default()
    })
    .await;
    let lab = start(Setup {
        forwarder: Some(Forwarder::start(&backend.otlp).expect("a URL")),
        ..Setup::default()
    })
    .await;
    lab.post(body(&[span("orders", 1, 1, 0)])).await;
    let report = lab.lab.forwarder.as_ref().expect("forwarding").finish().await;
    assert_eq!((report.forwarded, report.failed), (0, 1));
    assert_eq!(
        report.error.as_deref(),
        Some("the backend answered 503 Service Unavailable")
    );
}

#[tokio::test]
async fn wrong_urls_are_refused_at_the_start() {
    for url in ["", "backend", "https://backend", "file:///tmp"] {
        assert_eq!(
            Forwarder::start(url).err().map(|failure| failure.code),
            Some(2),
            "{url}"
        );
    }
}
