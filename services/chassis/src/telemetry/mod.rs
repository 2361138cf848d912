//! Traces, metrics and logs: what is configured, how it leaves, and how each span is counted on its way.

pub mod propagation;

use std::sync::OnceLock;

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// The tracer of this process; one that records nothing before telemetry is started.
pub fn tracer() -> &'static SdkTracer {
    static SILENT: OnceLock<SdkTracer> = OnceLock::new();
    TRACER.get().unwrap_or_else(|| {
        SILENT.get_or_init(|| {
            SdkTracerProvider::builder()
                .with_sampler(Sampler::AlwaysOff)
                .build()
                .tracer("faultmart")
        })
    })
}

/// The telemetry of a process, for as long as it runs.
#[derive(Debug)]
pub struct Telemetry {}
