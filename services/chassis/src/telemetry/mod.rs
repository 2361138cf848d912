//! Traces, metrics and logs: what is configured, how it leaves, and how each span is counted on its way.

mod configuration;
pub mod instrumentation;
pub(crate) mod lies;
mod logs;
pub mod metrics;
mod otlp;
mod pipeline;
pub mod propagation;
mod resource;
mod sampler;

use std::path::Path;
use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, Instant};

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use crate::counters::Counters;
use crate::failure::Failure;
use configuration::Configuration;
pub use configuration::{Setting, Source};
use pipeline::{Limits, Pipeline};
pub use resource::instance_id;

/// How long the last telemetry of a process may take to leave.
const FLUSH: Duration = Duration::from_secs(2);

/// The instrumentation scope of all our spans.
const TRACER_NAME: &str = "faultmart";

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// The tracer of this process; none before telemetry is started, and when it is turned off.
#[must_use]
pub fn tracer() -> Option<&'static SdkTracer> {
    TRACER.get()
}

/// Makes the provider's tracer that of this process, unless there is one.
pub(crate) fn install(provider: &SdkTracerProvider) -> bool {
    TRACER.set(provider.tracer(TRACER_NAME)).is_ok()
}

/// The effective telemetry configuration of this process: each variable, its value, and where that comes from.
#[must_use]
pub fn effective() -> Vec<Setting> {
    Configuration::from_environment().settings
}

/// The telemetry of a process, for as long as it runs.
#[derive(Debug, Default)]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
    logs: Option<SdkLoggerProvider>,
}

impl Telemetry {
    /// Starts the telemetry of a service, as the environment says: the `OTEL_*` variables, `RUST_LOG`, and
    /// `FAULTMART_COUNTERS`, the file in which spans are counted. When this process has started it before, as tests do,
    /// nothing is started.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when the counter file cannot be used, or a header of the exporter is not valid.
    pub fn start(service: &str) -> Result<Self, Failure> {
        instrumentation::is_of(service);
        if tracer().is_some() {
            return Ok(Self::default());
        }
        let configuration = Configuration::from_environment();
        propagation::configure(&configuration.propagators);
        let counters = counters()?;
        if configuration.disabled {
            logs::start(service, &configuration.log_filter, None);
            return Ok(Self::default());
        }
        let resource = resource::resource(service, &configuration);
        let telemetry = Self::start_signals(&configuration, &resource, counters)?;
        logs::start(service, &configuration.log_filter, telemetry.logs.as_ref());
        for setting in &configuration.settings {
            if matches!(setting.source, Source::NotUnderstood { .. }) {
                tracing::warn!(variable = setting.variable, value = %setting.value, "{}", setting.source);
            }
        }
        Ok(telemetry)
    }

    /// Logs on standard error and nothing else, for a part that is not instrumented.
    #[must_use]
    pub fn logs_only(service: &str) -> Self {
        let configuration = Configuration::from_environment();
        logs::start(service, &configuration.log_filter, None);
        Self::default()
    }

    fn start_signals(
        configuration: &Configuration,
        resource: &Resource,
        counters: Arc<Counters>,
    ) -> Result<Self, Failure> {
        let client = otlp::SharedClient::default();
        let mut traces = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_sampler(sampler::CountingSampler::new(
                configuration.sampler,
                counters.clone(),
            ));
        if let Some(transport) = otlp::connect(&configuration.traces, &client)? {
            let limits = Limits {
                delay: configuration.span_delay,
                queue: configuration.span_queue,
                batch: configuration.span_batch,
                patience: configuration.traces.1.timeout,
                flush: FLUSH,
            };
            let pipeline = Pipeline::start(transport, counters, resource, limits).map_err(|error| {
                Failure::not_carried_out(format!("cannot start the span exporter: {error}"))
            })?;
            traces = traces.with_span_processor(pipeline);
        }
        let traces = traces.build();
        install(&traces);
        let metrics = otlp::connect(&configuration.metrics, &client)?
            .map(|transport| metrics::provider(transport, resource.clone(), configuration.metric_interval));
        if let Some(metrics) = &metrics {
            opentelemetry::global::set_meter_provider(metrics.clone());
        }
        let logs = otlp::connect(&configuration.logs, &client)?
            .map(|transport| logs::provider(transport, resource.clone()));
        Ok(Self {
            traces: Some(traces),
            metrics,
            logs,
        })
    }

    /// Sends what is left, within 2 s in all. Blocks the calling thread.
    pub fn shutdown(self) {
        let (done, finished) = mpsc::channel();
        let mut running = 0;
        let mut close = |work: Box<dyn FnOnce() + Send>| {
            let done = done.clone();
            // A thread each, since one that hangs must not use up the time of the others.
            if std::thread::Builder::new()
                .spawn(move || {
                    work();
                    let _ = done.send(());
                })
                .is_ok()
            {
                running += 1;
            }
        };
        if let Some(traces) = self.traces {
            close(Box::new(move || drop(traces.shutdown_with_timeout(FLUSH))));
        }
        if let Some(metrics) = self.metrics {
            close(Box::new(move || drop(metrics.shutdown_with_timeout(FLUSH))));
        }
        if let Some(logs) = self.logs {
            close(Box::new(move || drop(logs.shutdown_with_timeout(FLUSH))));
        }
        let until = Instant::now() + FLUSH;
        for _ in 0..running {
            if finished
                .recv_timeout(until.saturating_duration_since(Instant::now()))
                .is_err()
            {
                break;
            }
        }
    }
}

fn counters() -> Result<Arc<Counters>, Failure> {
    let counters = match std::env::var_os("FAULTMART_COUNTERS").filter(|path| !path.is_empty()) {
        Some(path) => Counters::open(Path::new(&path)).map_err(|error| {
            Failure::not_carried_out(format!(
                "cannot count spans in {}: {error}",
                Path::new(&path).display()
            ))
            .help("FAULTMART_COUNTERS names a file that this part can write, or is not set")
        })?,
        None => Counters::anonymous()
            .map_err(|error| Failure::not_carried_out(format!("cannot count spans: {error}")))?,
    };
    Ok(Arc::new(counters))
}
