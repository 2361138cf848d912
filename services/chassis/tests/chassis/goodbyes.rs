use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::{get, post};
use chassis::counters::{self, Snapshot};
use chassis::{Options, service, span};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;

use crate::support::client;

const CHILD: &str = "CHASSIS_TEST_SERVICE_CHILD";

/// Not a test of its own: the service that the tests below start as a process.
#[test]
fn child_that_serves() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let options = Options {
        exit_on_stdin_close: true,
        ..Options::with_defaults()
    };
    let routes = Router::new()
        .route(
            "/orders/{id}",
            get(|| async {
                tracing::info!(order = 17, "looked up");
                span::internal("work").run(async {}).await;
            }),
        )
        .route(
            "/slow",
            get(|| async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                "done"
            }),
        )
        .route("/control/secret", get(|| async { "secret" }))
        .merge(crate::windows::routes());
    service::run("orders", &options, |service| service.serve(routes)).unwrap();
}

/// A service in a process of its own, which ends with this.
pub struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    address: SocketAddr,
}

impl Process {
    pub fn start(environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "goodbyes::child_that_serves", "--nocapture"])
            .env(CHILD, "1")
            .env("OTEL_METRIC_EXPORT_INTERVAL", "50")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        // The test harness writes there too.
        let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let ready = lines
            .map(Result::unwrap)
            .find_map(|line| Some(line[line.find("{\"")?..].to_owned()))
            .unwrap();
        let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
        assert_eq!(ready["ready"], "orders");
        Self {
            child,
            stdin,
            address: ready["address"].as_str().unwrap().parse().unwrap(),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn terminate(&self) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    }

    /// Waits for its end. Returns its exit status and what it logged.
    pub fn end(mut self) -> (ExitStatus, String) {
        let mut log = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        (self.child.wait().unwrap(), log)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Receives OTLP, and keeps what it must be asked for.
#[derive(Clone, Default)]
struct Collector {
    spans: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
    metrics: Arc<Mutex<BTreeMap<String, u64>>>,
    logs: Arc<Mutex<Vec<ExportLogsServiceRequest>>>,
}

impl Collector {
    async fn over_http(&self) -> String {
        let routes = Router::new()
            .route("/v1/traces", post(Self::traces))
            .route("/v1/metrics", post(Self::metrics))
            .route("/v1/logs", post(Self::logs))
            .with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        url
    }

    async fn over_grpc(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tonic::transport::Server::builder().add_service(TraceServiceServer::new(self.clone()));
        tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
        url
    }

    async fn traces(State(collector): State<Self>, body: Bytes) {
        collector
            .spans
            .lock()
            .unwrap()
            .push(ExportTraceServiceRequest::decode(body).unwrap());
    }

    async fn metrics(State(collector): State<Self>, body: Bytes) {
        let request = ExportMetricsServiceRequest::decode(body).unwrap();
        let scopes = request
            .resource_metrics
            .into_iter()
            .flat_map(|resource| resource.scope_metrics);
        for metric in scopes.flat_map(|scope| scope.metrics) {
            *collector.metrics.lock().unwrap().entry(metric.name).or_default() += 1;
        }
    }

    async fn logs(State(collector): State<Self>, body: Bytes) {
        collector
            .logs
            .lock()
            .unwrap()
            .push(ExportLogsServiceRequest::decode(body).unwrap());
    }

    /// The names of all spans received.
    fn names(&self) -> Vec<String> {
        let spans = self.spans.lock().unwrap();
        let scopes = spans
            .iter()
            .flat_map(|request| &request.resource_spans)
            .flat_map(|resource| &resource.scope_spans);
        scopes
            .flat_map(|scope| &scope.spans)
            .map(|span| span.name.clone())
            .collect()
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        self.spans.lock().unwrap().push(request.into_inner());
        Ok(tonic::Response::new(ExportTraceServiceResponse::default()))
    }
}

async fn ended(process: Process) -> (ExitStatus, String) {
    tokio::task::spawn_blocking(|| process.end()).await.unwrap()
}

async fn in_environment(path: &Path, variables: &[(&str, &str)]) -> Process {
    let mut environment = vec![("FAULTMART_COUNTERS".to_owned(), path.display().to_string())];
    environment.extend(
        variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    tokio::task::spawn_blocking(move || {
        let environment: Vec<_> = environment
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        Process::start(&environment)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn sigterm_drains_flushes_and_accounts_for_every_span() {
    let collector = Collector::default();
    let endpoint = collector.over_http().await;
    let directory = tempfile::tempdir().unwrap();
    let counts = directory.path().join("orders");
    let process = in_environment(&counts, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]).await;
    for _ in 0..20 {
        assert_eq!(
            client()
                .get(process.url("/orders/1"))
                .send()
                .await
                .unwrap()
                .status(),
            200
        );
    }
    let slow = tokio::spawn(client().get(process.url("/slow")).send());
    tokio::time::sleep(Duration::from_millis(100)).await;
    process.terminate();
    assert_eq!(slow.await.unwrap().unwrap().text().await.unwrap(), "done");
    let (status, log) = ended(process).await;
    assert!(status.success(), "{log}");

    let expected = Snapshot {
        started: 41,
        ended: 41,
        exported: 41,
        ..Snapshot::default()
    };
    assert_eq!(counters::read(&counts).unwrap(), expected);
    let names = collector.names();
    assert_eq!(names.len(), 41);
    for (name, count) in [("GET /orders/{id}", 20), ("work", 20), ("GET /slow", 1)] {
        assert_eq!(
            names.iter().filter(|there| *there == name).count(),
            count,
            "{name}"
        );
    }
    let metrics = collector.metrics.lock().unwrap().clone();
    for name in [
        "http.server.request.duration",
        "process.cpu.time",
        "process.memory.usage",
    ] {
        assert!(metrics.contains_key(name), "{name} in {metrics:?}");
    }
    logs_belong_to_their_spans(&log, &collector);
}

#[test]
fn who_asks_again_while_the_service_goes_is_answered_and_told_to_leave() {
    let process = Process::start(&[("OTEL_SDK_DISABLED", "true")]);
    let mut stream = BufReader::new(TcpStream::connect(process.address).unwrap());
    stream
        .get_ref()
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // Whether the answer was the last one.
    let mut ask = || {
        let request = b"GET /orders/1 HTTP/1.1\r\nhost: x\r\n\r\n";
        stream.get_mut().write_all(request).unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(
                stream.read_line(&mut head).unwrap(),
                0,
                "closed without an answer: {head}"
            );
        }
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        head.contains("connection: close\r\n")
    };
    assert!(!ask());
    process.terminate();
    while !ask() {}
    assert_eq!(stream.read(&mut [0]).unwrap(), 0, "nothing follows");
    let (status, log) = process.end();
    assert!(status.success(), "{log}");
}

/// The lines on standard error and the records say the same, and nothing about source code.
fn logs_belong_to_their_spans(log: &str, collector: &Collector) {
    let lines: Vec<serde_json::Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let looked_up: Vec<_> = lines
        .iter()
        .filter(|line| line["message"] == "looked up")
        .collect();
    assert_eq!(looked_up.len(), 20, "{log}");
    let line = looked_up[0];
    assert_eq!(
        (line["service"].as_str(), line["level"].as_str()),
        (Some("orders"), Some("INFO"))
    );
    assert_eq!(line["fields"]["order"], 17);
    assert_eq!(line["trace_id"].as_str().unwrap().len(), 32);
    assert!(line.get("target").is_none());

    let logs = collector.logs.lock().unwrap();
    let scopes = logs
        .iter()
        .flat_map(|request| &request.resource_logs)
        .flat_map(|resource| &resource.scope_logs);
    let records: Vec<_> = scopes.flat_map(|scope| &scope.log_records).collect();
    // One more says that the service is ready, and belongs to no span.
    let of_spans = records
        .iter()
        .filter(|record| record.trace_id.len() == 16 && record.span_id.len() == 8);
    assert_eq!((of_spans.count(), records.len()), (20, 21));
    let text = format!("{logs:?}{:?}", collector.spans.lock().unwrap());
    for giveaway in ["code.", "goodbyes", ".rs\"", "chassis"] {
        assert!(!text.contains(giveaway), "{giveaway}");
    }
}

#[tokio::test]
async fn grpc_carries_the_same() {
    let collector = Collector::default();
    let endpoint = collector.over_grpc().await;
    let directory = tempfile::tempdir().unwrap();
    let counts = directory.path().join("orders");
    let process = in_environment(
        &counts,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_LOGS_EXPORTER", "none"),
        ],
    )
    .await;
    for _ in 0..5 {
        client().get(process.url("/orders/1")).send().await.unwrap();
    }
    process.terminate();
    let (status, log) = ended(process).await;
    assert!(status.success(), "{log}");
    assert_eq!(collector.names().len(), 10);
    assert_eq!(counters::read(&counts).unwrap().exported, 10);
}

#[tokio::test]
async fn telemetry_that_is_off_records_nothing_and_passes_the_trace_on() {
    let directory = tempfile::tempdir().unwrap();
    let counts = directory.path().join("orders");
    let process = in_environment(&counts, &[("OTEL_SDK_DISABLED", "true")]).await;
    client().get(process.url("/orders/1")).send().await.unwrap();
    process.terminate();
    assert!(ended(process).await.0.success());
    assert_eq!(counters::read(&counts).unwrap(), Snapshot::default());
}

#[tokio::test]
async fn control_requests_answer_to_the_token_alone_and_leave_no_trace() {
    let collector = Collector::default();
    let endpoint = collector.over_http().await;
    let directory = tempfile::tempdir().unwrap();
    let counts = directory.path().join("orders");
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("FAULTMART_TOKEN", "key"),
    ];
    let process = in_environment(&counts, &variables).await;
    let ask = async |token: &str| {
        client()
            .get(process.url("/control/secret"))
            .bearer_auth(token)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(
        (
            ask("key").await,
            ask("kex").await,
            ask("").await,
            ask("key2").await
        ),
        (200, 401, 401, 401)
    );
    process.terminate();
    assert!(ended(process).await.0.success());
    assert_eq!(counters::read(&counts).unwrap(), Snapshot::default());
}

#[tokio::test]
async fn a_closed_standard_input_ends_the_process_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut process = in_environment(&directory.path().join("orders"), &[]).await;
    drop(process.stdin.take());
    assert_eq!(ended(process).await.0.code(), Some(3));
}

#[tokio::test]
async fn spans_that_nobody_takes_are_dropped_and_counted() {
    let directory = tempfile::tempdir().unwrap();
    let counts = directory.path().join("orders");
    let process = in_environment(&counts, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")]).await;
    client().get(process.url("/orders/1")).send().await.unwrap();
    process.terminate();
    assert!(ended(process).await.0.success());
    let expected = Snapshot {
        started: 2,
        ended: 2,
        dropped: 2,
        ..Snapshot::default()
    };
    assert_eq!(counters::read(&counts).unwrap(), expected);
}
