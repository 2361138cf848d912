//! The lab as its senders see it: real sockets, real clients.
//!
//! - [`http`], [`grpc`]: OTLP's wire rules, and everything that may be wrong with a request
//! - [`beside`]: the older protocols, by what their clients really send
//! - [`hostile`]: what nobody should send
//! - [`accounting`]: received = duplicates + rejected + stored + evicted, under load and eviction
//! - [`drawing`]: what the page draws from
//! - [`record`], [`forward`]: the copies
//! - [`queries`]: the routes that answer questions, in all dialects
//! - [`patience`]: askers who take their time, or take too much
//! - [`alone`]: files, tokens
//! - [`xray`]: packets to X-Ray's daemon
//! - [`process`]: the part as a process of its own, from its ready line to its exit code

mod accounting;
mod alone;
mod beside;
mod drawing;
mod drive;
mod forward;
mod grpc;
mod hostile;
mod http;
mod patience;
mod process;
mod queries;
mod record;
mod xray;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use serde_json::Value as Json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use trace::otlp::encode;
use trace::{Attribute, Resource, Scope, Span, SpanId, TraceId};

use crate::forward::Forwarder;
use crate::ingest::Lab;
use crate::receive::{Pressure, Receiver, grpc_routes, http_routes};
use crate::record::Recorder;
use crate::serve::{Protocol, serve};

/// A lab with its three listeners, which stop when it is dropped.
struct Running {
    lab: Arc<Lab>,
    page: String,
    otlp: String,
    grpc: String,
    client: reqwest::Client,
    beside: Vec<(&'static str, SocketAddr)>,
    _stop: watch::Sender<bool>,
}

struct Setup {
    memory: usize,
    under_way: usize,
    recorder: Option<Recorder>,
    forwarder: Option<Forwarder>,
    drive: Option<String>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            memory: 64 << 20,
            under_way: 256 << 20,
            recorder: None,
            forwarder: None,
            drive: None,
        }
    }
}

async fn start(setup: Setup) -> Running {
    let lab = Arc::new(Lab::new(setup.memory, setup.recorder, setup.forwarder));
    let receiver = Receiver {
        lab: Arc::clone(&lab),
        pressure: Pressure::new(setup.under_way),
    };
    let (stop, stopped) = watch::channel(false);
    let others = ["zipkin", "jaeger-http", "jaeger-compact", "jaeger-binary", "xray"];
    let others = others.map(|name| format!("--listen-{name}=127.0.0.1:0"));
    let arguments = std::iter::once("lab").chain(others.iter().map(String::as_str));
    let options = <process::Arguments as clap::Parser>::parse_from(arguments).options;
    let beside = crate::receive::beside::start(&options.other_protocols, None, &receiver, &stopped);
    let beside = beside.expect("free ports");
    let mut urls = Vec::new();
    for (protocol, router) in [
        (
            Protocol::Questions,
            crate::page::routes(Arc::clone(&lab), setup.drive.as_deref()).expect("a URL"),
        ),
        (Protocol::Http1, http_routes(receiver.clone())),
        (Protocol::Http2, grpc_routes(receiver)),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        urls.push(format!("http://{}", listener.local_addr().expect("bound")));
        tokio::spawn(serve(listener, protocol, router, stopped.clone()));
    }
    let [page, otlp, grpc] = urls.try_into().expect("three");
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(60))
        .build()
        .expect("a client");
    Running {
        lab,
        page,
        otlp,
        grpc,
        client,
        beside: beside.addresses,
        _stop: stop,
    }
}

impl Running {
    async fn get(&self, path: &str) -> Json {
        let answer = self
            .client
            .get(format!("{}{path}", self.page))
            .send()
            .await
            .expect("an answer");
        serde_json::from_str(&answer.text().await.expect("text")).expect("JSON")
    }

    /// Where one of the other protocols is taken, by its name in the ready line.
    fn address(&self, name: &str) -> SocketAddr {
        let found = self.beside.iter().find(|(known, _)| *known == name);
        found.expect("it listens").1
    }

    /// The spans of a trace as they come back.
    async fn trace(&self, id: &str) -> Vec<Span> {
        let answer = self.client.get(format!("{}/lab/traces/{id}", self.page)).send();
        let text = answer.await.expect("an answer").bytes().await.expect("a body");
        let groups = trace::otlp::json::read(&text).expect("OTLP JSON");
        let decoded = trace::otlp::decode::Decoder::new().decode(groups);
        assert!(decoded.refused.is_empty());
        decoded.spans
    }

    /// The counts of messages by one protocol.
    async fn messages(&self, protocol: &str) -> Json {
        self.get("/lab/spans").await["by_protocol"][protocol].clone()
    }

    /// Sends a protobuf request of traces.
    async fn post(&self, body: impl Into<reqwest::Body>) -> reqwest::Response {
        self.send(body, "application/x-protobuf", None).await
    }

    async fn send(
        &self,
        body: impl Into<reqwest::Body>,
        content_type: &str,
        encoding: Option<&str>,
    ) -> reqwest::Response {
        let request = self
            .client
            .post(format!("{}/v1/traces", self.otlp))
            .header("content-type", content_type);
        let request = match encoding {
            Some(encoding) => request.header("content-encoding", encoding),
            None => request,
        };
        request.body(body).send().await.expect("an answer")
    }

    /// The five counts, which must add up, in all and for each sender.
    async fn counts(&self) -> [u64; 5] {
        let all = self.get("/lab/spans").await;
        let of = |json: &Json| {
            let [received, duplicates, rejected, stored, evicted] =
                ["received", "duplicates", "rejected", "stored", "evicted"]
                    .map(|it| json[it].as_u64().expect(it));
            assert_eq!(received, duplicates + rejected + stored + evicted, "{json}");
            [received, duplicates, rejected, stored, evicted]
        };
        for name in ["by_service", "by_instance"] {
            let parts = all[name].as_object().expect(name).values().map(of);
            let sum = parts.fold([0; 5], |sum, part| {
                std::array::from_fn(|count| sum[count] + part[count])
            });
            assert_eq!(sum, of(&all), "{name}");
        }
        of(&all)
    }
}

/// A span of a trace by numbers, the parent 0 for none.
fn span(service: &str, trace: u64, id: u64, parent: u64) -> Span {
    let attributes = vec![
        Attribute::new("service.name", service),
        Attribute::new("service.instance.id", format!("{service}-1")),
    ];
    let mut trace_id = [0xfa; 16];
    trace_id[..8].copy_from_slice(&trace.to_be_bytes());
    Span {
        resource: Arc::new(Resource {
            attributes,
            ..Resource::default()
        }),
        scope: Arc::new(Scope {
            name: "tests".into(),
            ..Scope::default()
        }),
        trace_id: TraceId(trace_id),
        span_id: SpanId(id.to_be_bytes()),
        parent_span_id: (parent > 0).then(|| SpanId(parent.to_be_bytes())),
        name: "GET /".into(),
        start_unix_ns: 1_000 + id,
        end_unix_ns: 1_000_000 - id,
        attributes: vec![Attribute::new("http.route", "/"), Attribute::new("n", 1)],
        ..Span::default()
    }
}

fn body<'a>(spans: impl IntoIterator<Item = &'a Span>) -> Vec<u8> {
    encode::request(spans).encode_to_vec()
}

/// Spans of one trace that share their resource, with these ids and no parent.
fn siblings(service: &str, trace: u64, ids: impl IntoIterator<Item = u64>) -> Vec<Span> {
    let first = span(service, trace, 1, 0);
    ids.into_iter()
        .map(|id| Span {
            span_id: SpanId(id.to_be_bytes()),
            ..first.clone()
        })
        .collect()
}

/// Waits for a state, for as long as is reasonable.
async fn until(mut reached: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !reached().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting)
        .await
        .expect("the state was reached in time");
}
