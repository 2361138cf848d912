//! `/metrics`: the lab's own counts in Prometheus' text form.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::arrivals::Messages;
use crate::counts::Spans;
use crate::ingest::Lab;

pub fn routes() -> Router<Arc<Lab>> {
    Router::new().route("/metrics", get(metrics))
}

async fn metrics(State(lab): State<Arc<Lab>>) -> impl IntoResponse {
    ([("content-type", "text/plain; version=0.0.4")], text(&lab))
}

type CountOf = fn(&Spans) -> u64;

fn text(lab: &Lab) -> String {
    let (counts, traces, used) = {
        let mut store = lab.store();
        (
            store.counts(),
            store.trace_counts(Instant::now()),
            store.used_bytes(),
        )
    };
    let mut out = String::new();
    let by_service: [(&str, &str, CountOf); 5] = [
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
    for (name, help, value) in by_service {
        head(&mut out, name, help);
        for (service, spans) in &counts.by_service {
            let service = service
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n");
            let _ = writeln!(out, "{name}{{service=\"{service}\"}} {}", value(spans));
        }
    }
    by_protocol(lab, &mut out);
    let others = lab.others().counts();
    for (name, help, value) in [
        ("lab_traces_stored", "Traces in memory.", traces.stored),
        (
            "lab_traces_evicted_total",
            "Traces that made room for others.",
            traces.evicted,
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
    ] {
        head(&mut out, name, help);
        let _ = writeln!(out, "{name} {value}");
    }
    if let Some(record) = lab.recorder.as_ref().map(crate::record::Recorder::report) {
        head(
            &mut out,
            "lab_record_spans_failed_total",
            "Spans that could not be recorded.",
        );
        let _ = writeln!(out, "lab_record_spans_failed_total {}", record.failed);
    }
    out
}

type MessagesOf = fn(&Messages) -> Option<u64>;

/// What came in by which protocol.
fn by_protocol(lab: &Lab, out: &mut String) {
    let protocols = lab.arrivals.snapshot();
    let counts: [(&str, &str, MessagesOf); 5] = [
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
    for (name, help, count) in counts {
        head(out, name, help);
        for (protocol, messages) in &protocols {
            if let Some(count) = count(messages) {
                let _ = writeln!(out, "{name}{{protocol=\"{protocol}\"}} {count}");
            }
        }
    }
}

fn head(out: &mut String, name: &str, help: &str) {
    let kind = if name.ends_with("_total") {
        "counter"
    } else {
        "gauge"
    };
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}
