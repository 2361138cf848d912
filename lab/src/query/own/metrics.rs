//! `/metrics` for Prometheus: how many spans came of each operation and how long they took, and the lab's own counts.
//! Whoever accepts OpenMetrics gets an exemplar with each bucket: the last span that fell into it.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use axum::routing::get;
use trace::Kind;

use super::super::work::Queries;
use crate::arrivals::Messages;
use crate::counts::Spans;
use crate::ingest::Lab;
use crate::store::{BOUNDS_SECONDS, Exemplar, Series};

pub fn routes() -> Router<Arc<Queries>> {
    Router::new().route("/metrics", get(metrics))
}

/// The two forms. They differ in how counters are declared, in exemplars, and in the mark at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Prometheus,
    OpenMetrics,
}

impl Form {
    fn accepted(headers: &HeaderMap) -> Self {
        let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        match accept {
            Some(accept) if accept.contains("application/openmetrics-text") => Self::OpenMetrics,
            _ => Self::Prometheus,
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

async fn metrics(State(queries): State<Arc<Queries>>, headers: HeaderMap) -> impl IntoResponse {
    let form = Form::accepted(&headers);
    (
        [(header::CONTENT_TYPE, form.content_type())],
        text(&queries.lab, form),
    )
}

type CountOf = fn(&Spans) -> u64;

const BY_SERVICE: [(&str, &str, CountOf); 5] = [
    ("lab_spans_received_total", "Spans received, good or bad.", |it| {
        it.received
    }),
    (
        "lab_spans_duplicate_total",
        "Spans that were here already.",
        |it| it.duplicates,
    ),
    ("lab_spans_rejected_total", "Spans with invalid ids.", |it| {
        it.rejected
    }),
    (
        "lab_spans_evicted_total",
        "Spans that made room for others.",
        |it| it.evicted,
    ),
    ("lab_spans_stored", "Spans in memory.", |it| it.stored),
];

fn text(lab: &Lab, form: Form) -> String {
    let (counts, stored, lost, used, series) = {
        let store = lab.store();
        let here = store.numbers();
        let series = store.metrics().series().to_vec();
        (
            store.counts(),
            here.end - here.start,
            store.lost(),
            store.used_bytes(),
            series,
        )
    };
    let mut out = String::new();
    span_metrics(&mut out, form, &series);
    for (name, help, value) in BY_SERVICE {
        head(&mut out, form, name, help);
        for (service, spans) in &counts.by_service {
            let _ = writeln!(out, "{name}{{service=\"{}\"}} {}", label(service), value(spans));
        }
    }
    by_protocol(lab, form, &mut out);
    let others = lab.others().counts();
    let mut single = vec![
        ("lab_traces_stored", "Traces in memory.", stored),
        (
            "lab_traces_evicted_total",
            "Traces that made room for others.",
            lost.traces,
        ),
        ("lab_store_bytes", "Bytes that the traces take.", used as u64),
        (
            "lab_metric_points_received_total",
            "Metric points received.",
            others.metric_points,
        ),
        (
            "lab_log_records_received_total",
            "Log records received.",
            others.log_records,
        ),
    ];
    if let Some(record) = lab.recorder.as_ref().map(crate::record::Recorder::report) {
        single.push((
            "lab_record_spans_failed_total",
            "Spans that could not be recorded.",
            record.failed,
        ));
    }
    for (name, help, value) in single {
        head(&mut out, form, name, help);
        let _ = writeln!(out, "{name} {value}");
    }
    if form == Form::OpenMetrics {
        out.push_str("# EOF\n");
    }
    out
}

type MessagesOf = fn(&Messages) -> Option<u64>;

const BY_PROTOCOL: [(&str, &str, MessagesOf); 5] = [
    (
        "lab_messages_received_total",
        "Requests and packets received.",
        |it| Some(it.messages),
    ),
    (
        "lab_messages_malformed_total",
        "Requests and packets refused for what they were.",
        |it| Some(it.malformed),
    ),
    (
        "lab_messages_busy_total",
        "Requests and packets refused under pressure.",
        |it| Some(it.busy),
    ),
    (
        "lab_message_spans_rejected_total",
        "Spans refused one by one.",
        |it| Some(it.spans_rejected),
    ),
    (
        "lab_packets_dropped_by_kernel_total",
        "Packets that were not fetched in time.",
        |it| it.kernel_drops,
    ),
];

/// What came in by which protocol.
fn by_protocol(lab: &Lab, form: Form, out: &mut String) {
    let protocols = lab.arrivals.snapshot();
    for (name, help, count) in BY_PROTOCOL {
        head(out, form, name, help);
        for (protocol, messages) in &protocols {
            if let Some(count) = count(messages) {
                let _ = writeln!(out, "{name}{{protocol=\"{protocol}\"}} {count}");
            }
        }
    }
}

/// The names are those of Tempo's generator of metrics, so that its dashboards fit.
const CALLS: &str = "traces_spanmetrics_calls_total";
const LATENCY: &str = "traces_spanmetrics_latency";

fn span_metrics(out: &mut String, form: Form, all: &[Series]) {
    head(out, form, CALLS, "Spans by service, name, kind and status.");
    let labels: Vec<String> = all.iter().map(labels).collect();
    for (series, labels) in all.iter().zip(&labels) {
        let _ = writeln!(out, "{CALLS}{{{labels}}} {}", series.count());
    }
    let _ = writeln!(
        out,
        "# HELP {LATENCY} How long spans took, in seconds.\n# TYPE {LATENCY} histogram"
    );
    for (series, labels) in all.iter().zip(&labels) {
        let bounds = BOUNDS_SECONDS
            .iter()
            .map(f64::to_string)
            .chain(["+Inf".to_owned()]);
        let mut below = 0;
        for ((bound, count), exemplar) in bounds.zip(series.buckets).zip(series.exemplars) {
            below += count;
            let _ = write!(out, "{LATENCY}_bucket{{{labels},le=\"{bound}\"}} {below}");
            if let (Form::OpenMetrics, Some(exemplar)) = (form, exemplar) {
                write_exemplar(out, &exemplar);
            }
            out.push('\n');
        }
        let _ = writeln!(out, "{LATENCY}_sum{{{labels}}} {}", series.seconds);
        let _ = writeln!(out, "{LATENCY}_count{{{labels}}} {below}");
    }
}

fn labels(series: &Series) -> String {
    format!(
        "service=\"{}\",span_name=\"{}\",span_kind=\"SPAN_KIND_{}\",status_code=\"STATUS_CODE_{}\"",
        label(&series.service),
        label(&series.name),
        Kind(series.kind).to_string().to_uppercase(),
        trace::StatusCode(series.status).to_string().to_uppercase(),
    )
}

fn write_exemplar(out: &mut String, exemplar: &Exemplar) {
    let _ = write!(
        out,
        " # {{trace_id=\"{}\",span_id=\"{}\"}} {} {:.3}",
        exemplar.trace_id,
        exemplar.span_id,
        exemplar.seconds,
        exemplar.unix_ns as f64 / 1e9
    );
}

fn label(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

fn head(out: &mut String, form: Form, name: &str, help: &str) {
    let (family, kind) = match name.strip_suffix("_total") {
        // OpenMetrics names a counter's family without the ending of its one sample.
        Some(family) if form == Form::OpenMetrics => (family, "counter"),
        Some(_) => (name, "counter"),
        None => (name, "gauge"),
    };
    let _ = writeln!(out, "# HELP {family} {help}\n# TYPE {family} {kind}");
}
