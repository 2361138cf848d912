//! Backends that we did not write, as processes of the tests' own, and the lab as one of them. `cargo xtask test` installs
//! them and says where they are, in `FAULTMART_TEST_JAEGER` and `FAULTMART_TEST_ZIPKIN`; what is not said is skipped, in so
//! many words.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use reqwest::blocking::Client;
use serde_json::Value;

use crate::support::{PATIENCE, Place, until};

/// All in one and in memory, with nothing but what is asked of it here.
const JAEGER: &str = "
service:
  extensions: [jaeger_storage, jaeger_query]
  telemetry: { metrics: { level: none }, logs: { level: fatal } }
  pipelines: { traces: { receivers: [otlp], exporters: [jaeger_storage_exporter] } }
exporters: { jaeger_storage_exporter: { trace_storage: memory } }
receivers: { otlp: { protocols: { http: { endpoint: '127.0.0.1:OTLP' } } } }
extensions:
  jaeger_storage: { backends: { memory: { memory: { max_traces: 10000 } } } }
  jaeger_query:
    storage: { traces: memory }
    http: { endpoint: '127.0.0.1:QUERY' }
    grpc: { endpoint: '127.0.0.1:GRPC' }
";

/// A backend with an empty memory, ended when dropped.
pub struct Backend {
    child: Child,
    client: Client,
    /// Where it takes spans: OTLP over HTTP, or Zipkin's.
    pub takes: String,
    answers: String,
}

impl Drop for Backend {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Backend {
    /// A Jaeger, or nothing where there is none.
    pub fn jaeger(place: &Place) -> Option<Self> {
        let program = given("FAULTMART_TEST_JAEGER", "what needs a Jaeger")?;
        let [otlp, query, grpc] = [free_port(), free_port(), free_port()];
        let configuration = JAEGER
            .replace("OTLP", &otlp)
            .replace("QUERY", &query)
            .replace("GRPC", &grpc);
        let path = place.path().join("jaeger.yaml");
        std::fs::write(&path, configuration).expect("written");
        let mut command = Command::new(program);
        command
            .arg("--config")
            .arg(&path)
            // It would trace itself, to wherever something listens.
            .env("OTEL_TRACES_SAMPLER", "always_off");
        Some(Self::start(command, &otlp, &query, "/api/v3/services"))
    }

    /// A Zipkin, or nothing where there is none.
    pub fn zipkin(place: &Place) -> Option<Self> {
        let archive = given("FAULTMART_TEST_ZIPKIN", "what needs a Zipkin")?;
        let port = free_port();
        let mut command = Command::new("java");
        command
            // Little memory, and no time spent on code that runs once.
            .args(["-Xmx256m", "-XX:TieredStopAtLevel=1"])
            // What it unpacks goes with the place.
            .arg("-XX:-UsePerfData")
            .arg(format!("-Djava.io.tmpdir={}", place.path().display()))
            .arg("-jar")
            .arg(archive)
            .arg("--logging.level.root=ERROR")
            // A port of its own would be open to other machines.
            .arg(format!("--armeria.ports[0].port={port}"))
            .args([
                "--armeria.ports[0].ip=127.0.0.1",
                "--armeria.ports[0].protocols[0]=http",
            ])
            .env("SELF_TRACING_ENABLED", "false")
            .env("STORAGE_TYPE", "mem");
        Some(Self::start(command, &port, &port, "/api/v2/services"))
    }

    /// The lab by itself, which takes what both take.
    pub fn lab(place: &Place) -> Self {
        let mut command = place.faultmart(&["serve", "lab", "--exit-on-stdin-close"]);
        for what in ["otlp-http", "otlp-grpc", "page"] {
            command.arg(format!("--listen-{what}")).arg("127.0.0.1:0");
        }
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("the lab starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let ready = lines.map_while(Result::ok).next().expect("the ready line");
        let ready: Value = serde_json::from_str(&ready).expect("JSON");
        let url = |name: &str| format!("http://{}", ready[name].as_str().expect("an address"));
        Self::of(child, url("otlp_http"), url("address"))
    }

    fn of(child: Child, takes: String, answers: String) -> Self {
        let client = Client::builder().no_proxy().timeout(PATIENCE).build();
        Self {
            child,
            client: client.expect("a client"),
            takes,
            answers,
        }
    }

    /// Starts it and waits until it answers.
    fn start(mut command: Command, takes: &str, answers: &str, route: &str) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let [takes, answers] = [takes, answers].map(|port| format!("http://127.0.0.1:{port}"));
        let mut backend = Self::of(child.expect("the backend starts"), takes, answers);
        until("the backend answers", || {
            let ended = backend.child.try_wait().expect("ours");
            assert!(ended.is_none(), "the backend has ended: {ended:?}");
            (backend.get(route).0 == 200).then_some(())
        });
        backend
    }

    /// The status, 0 if nobody answers, and what is answered: JSON, or else text.
    pub fn get(&self, route: &str) -> (u16, Value) {
        let Ok(answer) = self.client.get(format!("{}{route}", self.answers)).send() else {
            return (0, Value::Null);
        };
        let status = answer.status().as_u16();
        let text = answer.text().unwrap_or_default();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Sends a body there, and it must be taken.
    pub fn post(&self, route: &str, content_type: &str, body: Vec<u8>) {
        let request = self.client.post(format!("{}{route}", self.takes)).body(body);
        let answer = request
            .header("content-type", content_type)
            .send()
            .expect("an answer");
        assert!(answer.status().is_success(), "{route}: {}", answer.status());
    }
}

fn given(variable: &str, what: &str) -> Option<PathBuf> {
    let given = std::env::var_os(variable).map(PathBuf::from);
    if given.is_none() {
        eprintln!("skipped: {what} ({variable} is not set)");
    }
    given
}

/// A port that was free a moment ago: these backends cannot say which ones they took.
fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port().to_string()
}
