//! A Prometheus that scrapes the lab: the metrics of spans are found in it, with a trace for a slow one.

use std::process::{Child, Command, Stdio};

use reqwest::blocking::Client;
use serde_json::Value as Json;
use trace::{Span, SpanId, Status, StatusCode};

use crate::support::{Lab, PATIENCE, free_port, given, until};

const CONFIGURATION: &str = "
scrape_configs:
  - job_name: lab
    scrape_interval: 200ms
    scrape_timeout: 200ms
    static_configs: [{ targets: ['LAB'] }]
storage: { exemplars: { max_exemplars: 1000 } }
";

/// A Prometheus, ended when dropped.
struct Prometheus {
    child: Child,
    answers: String,
    client: Client,
    _folder: tempfile::TempDir,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Prometheus {
    /// One that scrapes this lab, or nothing where there is none.
    fn start(lab: &Lab) -> Option<Self> {
        let program = given("FAULTMART_TEST_PROMETHEUS", "a Prometheus that scrapes the lab")?;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("prometheus.yml");
        let scraped = lab.address("address").to_string();
        std::fs::write(&path, CONFIGURATION.replace("LAB", &scraped)).expect("written");
        let place = free_port();
        let child = Command::new(program)
            .arg(format!("--config.file={}", path.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ))
            .arg(format!("--web.listen-address={place}"))
            .args(["--enable-feature=exemplar-storage", "--log.level=error"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        let client = Client::builder().no_proxy().timeout(PATIENCE).build();
        Some(Self {
            child: child.expect("Prometheus starts"),
            answers: format!("http://{place}/api/v1"),
            client: client.expect("a client"),
            _folder: folder,
        })
    }

    /// What it answers, once it does.
    fn get(&mut self, route: &str, parameters: &[(&str, &str)]) -> Option<Json> {
        let ended = self.child.try_wait().expect("ours");
        assert!(ended.is_none(), "Prometheus has ended: {ended:?}");
        let request = self
            .client
            .get(format!("{}/{route}", self.answers))
            .query(parameters);
        let text = request.send().ok()?.error_for_status().ok()?.text().ok()?;
        serde_json::from_str(&text).ok()
    }

    /// A query's values at this moment, with their labels.
    fn query(&mut self, query: &str) -> Vec<(Json, f64)> {
        let answer = self.get("query", &[("query", query)]).unwrap_or_default();
        let results = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        let pair = |result: &Json| {
            let value = result["value"][1].as_str().and_then(|text| text.parse().ok());
            (result["metric"].clone(), value.expect("a number"))
        };
        results.iter().map(pair).collect()
    }
}

const TRACE: &str = "00112233445566778899aabbccddeeff";

/// Ten spans of which one took longer and failed.
fn spans() -> Vec<Span> {
    let span = |number: u64| Span {
        trace_id: TRACE.parse().expect("an id"),
        span_id: SpanId(number.to_be_bytes()),
        name: "GET /\"orders\"\\".to_owned(),
        kind: trace::Kind::SERVER,
        start_unix_ns: 1_700_000_000_000_000_000,
        end_unix_ns: 1_700_000_000_000_000_000 + if number == 10 { 3_000_000_000 } else { 2_000_000 },
        status: Status {
            code: if number == 10 {
                StatusCode::ERROR
            } else {
                StatusCode::UNSET
            },
            message: String::new(),
        },
        ..Span::default()
    };
    (1..=10).map(span).collect()
}

#[test]
fn the_metrics_of_spans_and_their_exemplars_are_found_in_prometheus() {
    let lab = Lab::start();
    let Some(mut prometheus) = Prometheus::start(&lab) else {
        return;
    };
    lab.send(&spans());

    let calls = "traces_spanmetrics_calls_total";
    until("all spans are counted", || {
        let all: f64 = prometheus.query(calls).iter().map(|(_, value)| value).sum();
        all == 10.0
    });
    let failed = prometheus.query(&format!("{calls}{{status_code=\"STATUS_CODE_ERROR\"}}"));
    let [(labels, value)] = &failed[..] else {
        panic!("one series: {failed:?}")
    };
    assert_eq!(*value, 1.0);
    assert_eq!(
        (&labels["span_name"], &labels["span_kind"], &labels["job"]),
        (
            &"GET /\"orders\"\\".into(),
            &"SPAN_KIND_SERVER".into(),
            &"lab".into()
        )
    );
    // Its own functions work on the histogram: nine of ten took 2 ms at most, whose bucket ends there.
    let quantile = "histogram_quantile(0.9, sum by (le) (traces_spanmetrics_latency_bucket))";
    let [(_, seconds)] = prometheus.query(quantile)[..] else {
        panic!("one value")
    };
    assert!((0.001..=0.002).contains(&seconds), "{seconds}");
    let sum = prometheus.query("sum(traces_spanmetrics_latency_sum)");
    assert!((sum[0].1 - 3.018).abs() < 1e-9, "{sum:?}");

    // The trace behind the slow one: an exemplar of the bucket from 2.048 to 4.096 seconds.
    let mut exemplars = Vec::new();
    until("exemplars are kept", || {
        let parameters = [
            (
                "query",
                "traces_spanmetrics_latency_bucket{status_code=\"STATUS_CODE_ERROR\"}",
            ),
            ("start", "0"),
            ("end", "99999999999"),
        ];
        let answer = prometheus.get("query_exemplars", &parameters).unwrap_or_default();
        exemplars = answer["data"].as_array().cloned().unwrap_or_default();
        !exemplars.is_empty()
    });
    assert_eq!(exemplars.len(), 1, "{exemplars:?}");
    assert_eq!(exemplars[0]["seriesLabels"]["le"], "4.096");
    let exemplar = &exemplars[0]["exemplars"][0];
    assert_eq!(
        (&exemplar["labels"]["trace_id"], &exemplar["labels"]["span_id"]),
        (&TRACE.into(), &"000000000000000a".into())
    );
    assert_eq!(exemplar["value"], "3");

    // The lab's own counts, and none of what it says is refused.
    for (query, expected) in [
        ("sum(lab_spans_received_total)", 10.0),
        ("lab_messages_received_total{protocol=\"otlp-http\"}", 1.0),
        ("lab_messages_received_total{protocol=\"xray\"}", 0.0),
        ("lab_traces_stored", 1.0),
        ("up{job=\"lab\"}", 1.0),
    ] {
        let found = prometheus.query(query);
        assert_eq!(found.first().map(|(_, value)| *value), Some(expected), "{query}");
    }
    let targets = prometheus.get("targets", &[]).expect("an answer");
    assert_eq!(targets["data"]["activeTargets"][0]["lastError"], "", "{targets}");
}
