//! An OpenTelemetry Collector between a sender and the lab, with its exporters `otlp`, `otlphttp` and `zipkin`, and their
//! retries.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use reqwest::blocking::Client;
use serde_json::json;
use trace::Span;
use trace::formats::{Format, Losses};

use crate::known::{self, Flags};
use crate::support::{Lab, PATIENCE, free_port, given, post, until};

/// With nothing of its own telemetry, and little patience between tries.
const CONFIGURATION: &str = "
receivers: { otlp: { protocols: { http: { endpoint: 'IN' } } } }
exporters:
  EXPORTER:
    endpoint: 'OUT'
    tls: { insecure: true }
    retry_on_failure: { initial_interval: 50ms, max_interval: 200ms }
service:
  telemetry: { metrics: { level: none }, logs: { level: error } }
  pipelines: { traces: { receivers: [otlp], exporters: [EXPORTER] } }
";

/// A Collector, ended when dropped.
struct Collector {
    child: Child,
    takes: String,
    client: Client,
    _folder: tempfile::TempDir,
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Collector {
    /// One that sends on with this exporter to this endpoint, or nothing where there is none.
    fn start(exporter: &str, endpoint: &str) -> Option<Self> {
        let program = given("FAULTMART_TEST_COLLECTOR", "an OpenTelemetry Collector")?;
        let folder = tempfile::tempdir().expect("a folder");
        let takes = free_port();
        let configuration = CONFIGURATION
            .replace("IN", &takes.to_string())
            .replace("OUT", endpoint)
            .replace("EXPORTER", exporter);
        let path = folder.path().join("collector.yaml");
        std::fs::write(&path, configuration).expect("written");
        let child = Command::new(program)
            .arg("--config")
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        let client = Client::builder().no_proxy().timeout(PATIENCE).build();
        let mut collector = Self {
            child: child.expect("the Collector starts"),
            takes: format!("http://{takes}/v1/traces"),
            client: client.expect("a client"),
            _folder: folder,
        };
        until("the Collector listens", || {
            let ended = collector.child.try_wait().expect("ours");
            assert!(ended.is_none(), "the Collector has ended: {ended:?}");
            TcpStream::connect(takes).is_ok()
        });
        Some(collector)
    }

    fn send<'a>(&self, spans: impl IntoIterator<Item = &'a Span>) {
        post(&self.client, &self.takes, spans);
    }
}

const TRACE: &str = "00112233445566778899aabbccddeeff";

/// The known set, as OpenTelemetry's SDKs send it.
fn known() -> BTreeMap<String, Span> {
    let names = ["POST /orders", "SELECT orders", "work", "publish", "process"];
    let ids: BTreeMap<&str, String> = names
        .into_iter()
        .zip((1..).map(|id| format!("{id:016x}")))
        .collect();
    let flags = Flags {
        span: 0x101,
        link: 0x301,
    };
    known::spans(&json!({ "trace": TRACE, "spans": ids }), &flags)
}

fn found(lab: &Lab) -> BTreeMap<String, Span> {
    known::by_name(lab.spans(TRACE, 5))
}

fn assert_counts(lab: &Lab, received: u64, duplicates: u64) {
    let counts = lab.counts();
    let all = ["received", "duplicates", "rejected", "stored"].map(|name| counts[name].as_u64());
    assert_eq!(all, [received, duplicates, 0, 5].map(Some), "{counts:#}");
}

/// A Collector that sends on to this lab.
fn before(lab: &Lab, exporter: &str) -> Option<Collector> {
    let endpoint = match exporter {
        "otlp" => lab.address("otlp_grpc").to_string(),
        "otlphttp" => lab.url("otlp_http"),
        _ => format!("{}/api/v2/spans", lab.url("zipkin")),
    };
    Collector::start(exporter, &endpoint)
}

#[test]
fn its_exporters_otlp_and_otlphttp_bring_every_span_as_it_was() {
    for (exporter, protocol) in [("otlp", "otlp-grpc"), ("otlphttp", "otlp-http")] {
        let lab = Lab::start();
        let Some(collector) = before(&lab, exporter) else {
            return;
        };
        collector.send(known().values());
        assert_eq!(found(&lab), known(), "{exporter}");
        assert_counts(&lab, 5, 0);
        assert_eq!(lab.counts()["by_protocol"][protocol]["taken"], 1);
    }
}

/// Zipkin's names are in lower case, and the order of attributes means nothing.
fn settled(mut span: Span) -> (String, Span) {
    span.name = span.name.to_lowercase();
    span.attributes.sort_by(|one, two| one.key.cmp(&two.key));
    (span.name.clone(), span)
}

#[test]
fn its_exporter_zipkin_loses_what_our_own_writer_says_that_zipkin_cannot_say() {
    let lab = Lab::start();
    let Some(collector) = before(&lab, "zipkin") else {
        return;
    };
    collector.send(known().values());
    let known: Vec<Span> = known().into_values().collect();
    let written = trace::formats::write(Format::Zipkin, &known, &mut Losses::default());
    let ours = trace::formats::read(Format::Zipkin, &written).expect("our own");
    let ours: BTreeMap<_, _> = ours.into_iter().map(settled).collect();
    let theirs: BTreeMap<_, _> = lab.spans(TRACE, 5).into_iter().map(settled).collect();
    assert_eq!(theirs, ours);
    assert_counts(&lab, 5, 0);
}

#[test]
fn what_it_could_not_send_while_no_lab_was_there_arrives_once() {
    let place = free_port();
    for (exporter, endpoint, option) in [
        ("otlp", place.to_string(), "--listen-otlp-grpc"),
        ("otlphttp", format!("http://{place}"), "--listen-otlp-http"),
        (
            "zipkin",
            format!("http://{place}/api/v2/spans"),
            "--listen-zipkin",
        ),
    ] {
        let Some(collector) = Collector::start(exporter, &endpoint) else {
            return;
        };
        collector.send(known().values());
        // Somebody answers the telephone and hangs up, so that a try has failed for certain.
        let refusing = TcpListener::bind(place).expect("free again");
        drop(refusing.accept().expect("a try"));
        drop(refusing);
        let lab = Lab::start_at(&[&format!("{option}={place}")]);
        assert_eq!(found(&lab).len(), 5, "{exporter}");
        assert_counts(&lab, 5, 0);
    }
}

/// The largest request that a lab reads.
const LARGEST: usize = 64 << 20;

/// As many requests under way as a lab works on at once, none of which has quite been sent.
fn burden(lab: &Lab) -> Vec<TcpStream> {
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: lab\r\ncontent-type: application/x-protobuf\r\ncontent-length: {LARGEST}\r\n\r\n"
    );
    let piece = vec![0; 1 << 20];
    let one = || {
        let mut stream = TcpStream::connect(lab.address("otlp_http")).expect("a connection");
        stream.write_all(head.as_bytes()).expect("sent");
        for _ in 0..LARGEST / piece.len() - 1 {
            stream.write_all(&piece).expect("sent");
        }
        stream
    };
    std::iter::repeat_with(one).take(4).collect()
}

#[test]
fn what_a_lab_under_pressure_refuses_arrives_once_when_there_is_room_again() {
    // More than the burden leaves room for, once it is decompressed.
    let large = |number: u64| Span {
        trace_id: TRACE.parse().expect("an id"),
        span_id: trace::SpanId(number.to_be_bytes()),
        name: "x".repeat(2 << 20),
        ..Span::default()
    };
    let large: Vec<Span> = (1..=5).map(large).collect();
    for (exporter, protocol) in [("otlp", "otlp-grpc"), ("otlphttp", "otlp-http")] {
        // A lab waits ten seconds for a request's end, which may have passed before the first try of a Collector on a busy machine.
        let mut refused = false;
        for _ in 0..5 {
            let lab = Lab::start();
            let Some(collector) = before(&lab, exporter) else {
                return;
            };
            let burden = burden(&lab);
            collector.send(&large);
            let count = |what: &str| lab.counts()["by_protocol"][protocol][what].as_u64();
            until("the lab says something", || {
                count("busy") > Some(0) || count("taken") > Some(0)
            });
            drop(burden);
            refused = count("busy") > Some(0);
            if refused {
                assert_eq!(lab.spans(TRACE, 5).len(), 5);
                assert_counts(&lab, 5, 0);
                break;
            }
        }
        assert!(refused, "{exporter} was never refused");
    }
}

/// Passes connections on to the lab, but of the first not the answer, once the lab has taken what came over it.
fn losing_the_first_answer(lab: &Lab, in_front_of: &str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let place = listener.local_addr().expect("bound");
    let to = lab.address(in_front_of);
    std::thread::spawn(move || {
        for (position, near) in listener.incoming().map_while(Result::ok).enumerate() {
            let far = TcpStream::connect(to).expect("the lab listens");
            let [mut near_in, mut far_out] = [&near, &far].map(|it| it.try_clone().expect("a handle"));
            std::thread::spawn(move || std::io::copy(&mut near_in, &mut far_out));
            let (mut near, mut far) = (near, far);
            std::thread::spawn(move || {
                if position == 0 {
                    // The first byte of the answer is here, so the lab has taken the request.
                    let _ = far.read(&mut [0]);
                    let _ = near.shutdown(std::net::Shutdown::Both);
                } else {
                    let _ = std::io::copy(&mut far, &mut near);
                }
            });
        }
    });
    place
}

#[test]
fn what_it_sends_again_because_the_answer_was_lost_is_counted_as_duplicates() {
    for exporter in ["otlphttp", "zipkin"] {
        let lab = Lab::start();
        let (listener, path) = match exporter {
            "zipkin" => ("zipkin", "/api/v2/spans"),
            _ => ("otlp_http", ""),
        };
        let place = losing_the_first_answer(&lab, listener);
        let Some(collector) = Collector::start(exporter, &format!("http://{place}{path}")) else {
            return;
        };
        collector.send(known().values());
        until("it was sent again", || lab.counts()["received"] == 10);
        assert_eq!(found(&lab).len(), 5, "{exporter}");
        assert_counts(&lab, 10, 5);
    }
}
