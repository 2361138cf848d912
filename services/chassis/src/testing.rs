//! For tests of services: the spans that this process has recorded, kept in memory.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, Span, SpanProcessor};

pub use opentelemetry_sdk::trace::SpanData;

static SPANS: Mutex<Vec<SpanData>> = Mutex::new(Vec::new());

#[derive(Debug)]
struct Memory;

impl SpanProcessor for Memory {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        SPANS.lock().unwrap_or_else(PoisonError::into_inner).push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Records all spans of this process in memory from now on, instead of sending them. Must come before the first service is
/// started; later calls change nothing. Tests of one process tell their spans apart by the trace.
pub fn record_spans() {
    static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();
    PROVIDER.get_or_init(|| {
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::AlwaysOn)
            .with_span_processor(Memory)
            .build();
        crate::telemetry::install(&provider);
        provider
    });
}

/// The spans of a trace that have ended, in the order of their ends.
#[must_use]
pub fn spans_of(trace: TraceId) -> Vec<SpanData> {
    let spans = SPANS.lock().unwrap_or_else(PoisonError::into_inner);
    spans
        .iter()
        .filter(|span| span.span_context.trace_id() == trace)
        .cloned()
        .collect()
}

/// The value of a span's attribute, as text.
#[must_use]
pub fn attribute(span: &SpanData, key: &str) -> Option<String> {
    span.attributes
        .iter()
        .find(|attribute| attribute.key.as_str() == key)
        .map(|attribute| attribute.value.to_string())
}

/// A trace to make a request in: its id, and the `traceparent` header that says so.
#[must_use]
pub fn new_trace() -> (TraceId, String) {
    use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

    let ids = RandomIdGenerator::default();
    let (trace, span): (TraceId, SpanId) = (ids.new_trace_id(), ids.new_span_id());
    (trace, format!("00-{trace}-{span}-01"))
}
