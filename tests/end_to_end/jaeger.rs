//! A run that sends its traces to a real Jaeger as well: each is found there again, with as many spans. `cargo xtask test`
//! installs Jaeger and says where it is, in `FAULTMART_TEST_JAEGER`; without it this is skipped, in so many words.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::blocking::Client;
use serde_json::Value;

use crate::support::{PATIENCE, Place};

const SCENARIO: &str = "title: A few seconds for Jaeger
seed: 7
shop: { users: 50, products: 50, orders: 200 }
load:
  - { journey: browse, rate: 10/s, for: 2s }
  - { journey: checkout, rate: 3/s, for: 2s }
";

/// All in one and in memory, with nothing but what is asked of it here.
const CONFIGURATION: &str = "
service:
  extensions: [jaeger_storage, jaeger_query]
  telemetry: { metrics: { level: none }, logs: { level: error } }
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

/// Jaeger, ended when dropped.
struct Jaeger {
    child: Child,
    client: Client,
    otlp: String,
    query: String,
}

impl Drop for Jaeger {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Jaeger {
    /// Starts it and waits until it answers. It cannot say which ports it took, so these are free ones.
    fn start(program: &Path, folder: &Path) -> Self {
        let free = || {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            listener.local_addr().expect("bound").port().to_string()
        };
        let [otlp, query, grpc] = [free(), free(), free()];
        let configuration = CONFIGURATION
            .replace("OTLP", &otlp)
            .replace("QUERY", &query)
            .replace("GRPC", &grpc);
        let path = folder.join("jaeger.yaml");
        std::fs::write(&path, configuration).expect("written");
        let child = Command::new(program)
            .arg("--config")
            .arg(&path)
            // It would trace itself, to wherever something listens.
            .env("OTEL_TRACES_SAMPLER", "always_off")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        let mut jaeger = Self {
            child: child.expect("Jaeger starts"),
            client: Client::builder()
                .no_proxy()
                .timeout(PATIENCE)
                .build()
                .expect("a client"),
            otlp: format!("http://127.0.0.1:{otlp}"),
            query: format!("http://127.0.0.1:{query}"),
        };
        let deadline = Instant::now() + PATIENCE;
        while jaeger.get("services").is_none() {
            assert!(
                jaeger.child.try_wait().expect("ours").is_none(),
                "Jaeger has ended"
            );
            assert!(Instant::now() < deadline, "Jaeger answers in time");
            std::thread::sleep(Duration::from_millis(20));
        }
        jaeger
    }

    /// What it answers, if it knows.
    fn get(&self, route: &str) -> Option<Value> {
        let answer = self
            .client
            .get(format!("{}/api/v3/{route}", self.query))
            .send()
            .ok()?;
        let text = answer.error_for_status().ok()?.text().ok()?;
        serde_json::from_str(&text).ok()
    }

    /// How many spans it has of a trace.
    fn spans(&self, trace_id: &str) -> usize {
        let answer = self
            .get(&format!("traces/{trace_id}?rawTraces=true"))
            .unwrap_or_default();
        let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
        let resources = list(&answer["result"], "resourceSpans");
        let scopes = resources.iter().flat_map(|it| list(it, "scopeSpans"));
        scopes.map(|it| list(&it, "spans").len()).sum()
    }
}

#[test]
fn every_trace_of_a_run_is_found_in_jaeger_with_as_many_spans() {
    let Some(program) = std::env::var_os("FAULTMART_TEST_JAEGER") else {
        eprintln!("skipped: a run that sends to Jaeger (FAULTMART_TEST_JAEGER is not set)");
        return;
    };
    let place = Place::new();
    let jaeger = Jaeger::start(Path::new(&program), place.path());
    let run = place.run(SCENARIO, &["--otlp-endpoint", &jaeger.otlp]);
    assert_eq!(run.code(), Some(0), "{}", run.errors());

    let record = std::fs::File::open(run.folder.join("traces.otlp.jsonl.zst")).expect("the record");
    let mut recorded: BTreeMap<String, usize> = BTreeMap::new();
    for line in trace::otlp::lines::Lines::new(record).expect("readable") {
        for span in line.expect("whole").spans {
            *recorded.entry(span.trace_id.to_string()).or_default() += 1;
        }
    }
    assert!(recorded.len() >= 20, "{} traces", recorded.len());
    // What Jaeger has acknowledged it may take a moment to store.
    let deadline = Instant::now() + PATIENCE;
    for (trace_id, spans) in &recorded {
        while jaeger.spans(trace_id) != *spans {
            let found = jaeger.spans(trace_id);
            assert!(
                Instant::now() < deadline,
                "{trace_id}: {spans} recorded, {found} found"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
