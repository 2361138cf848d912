//! Metrics: what every process says about itself.

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry::metrics::{Histogram, Meter, MeterProvider};
use opentelemetry::{KeyValue, global};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};

use super::otlp::{Deliveries, Request, Transport};
use crate::database::Database;

/// The buckets that the semantic conventions advise for request durations, with three finer ones below, in seconds.
const SECONDS: [f64; 17] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// The meter of this process. One that records nothing before telemetry is started.
fn meter() -> Meter {
    global::meter("faultmart")
}

/// Records a served request: `http.server.request.duration`.
pub(crate) fn request_served(duration: Duration, attributes: &[KeyValue]) {
    static DURATION: OnceLock<Histogram<f64>> = OnceLock::new();
    DURATION
        .get_or_init(|| {
            meter()
                .f64_histogram("http.server.request.duration")
                .with_unit("s")
                .with_description("Duration of HTTP server requests.")
                .with_boundaries(SECONDS.to_vec())
                .build()
        })
        .record(duration.as_secs_f64(), attributes);
}

/// Observes the pool of a database: `db.client.connection.count`.
pub(crate) fn observe_pool(name: &'static str, database: Database) {
    let _ = meter()
        .i64_observable_up_down_counter("db.client.connection.count")
        .with_unit("{connection}")
        .with_description("Connections to the database, by state.")
        .with_callback(move |observer| {
            let (used, idle) = database.connections();
            for (state, count) in [("used", used), ("idle", idle)] {
                let attributes = [
                    KeyValue::new("db.client.connection.pool.name", name),
                    KeyValue::new("db.client.connection.state", state),
                ];
                observer.observe(i64::from(count), &attributes);
            }
        })
        .build();
}

/// The provider that sends metrics over `transport`.
pub(super) fn provider(
    transport: Arc<dyn Transport>,
    resource: Resource,
    interval: Duration,
) -> SdkMeterProvider {
    let reader = PeriodicReader::builder(Exporter {
        transport,
        deliveries: Deliveries::of("metrics"),
    })
    .with_interval(interval)
    .build();
    let provider = SdkMeterProvider::builder()
        .with_resource(resource)
        .with_reader(reader)
        .build();
    observe_process(&provider.meter("faultmart"));
    provider
}

fn observe_process(meter: &Meter) {
    let _ = meter
        .f64_observable_counter("process.cpu.time")
        .with_unit("s")
        .with_description("Processor time used by the process, by mode.")
        .with_callback(|observer| {
            let (user, system) = processor_time();
            observer.observe(user.as_secs_f64(), &[KeyValue::new("cpu.mode", "user")]);
            observer.observe(system.as_secs_f64(), &[KeyValue::new("cpu.mode", "system")]);
        })
        .build();
    let _ = meter
        .i64_observable_up_down_counter("process.memory.usage")
        .with_unit("By")
        .with_description("Physical memory in use by the process.")
        .with_callback(|observer| {
            if let Some(bytes) = resident_bytes() {
                observer.observe(bytes, &[]);
            }
        })
        .build();
}

/// User and system time.
fn processor_time() -> (Duration, Duration) {
    // SAFETY: all-zero bytes are a valid `rusage`, which is plain numbers.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a `rusage` of our own, which the call fills.
    if unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) } != 0 {
        return Default::default();
    }
    let duration = |time: libc::timeval| {
        Duration::from_secs(time.tv_sec.unsigned_abs()) + Duration::from_micros(time.tv_usec.unsigned_abs())
    };
    (duration(usage.ru_utime), duration(usage.ru_stime))
}

fn resident_bytes() -> Option<i64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: i64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * i64::try_from(rustix::param::page_size()).ok()?)
}

/// Sends what the periodic reader collects. A failed request is not sent again: the next one has the same sums.
#[derive(Debug)]
struct Exporter {
    transport: Arc<dyn Transport>,
    deliveries: Deliveries,
}

impl PushMetricExporter for Exporter {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let request = Request::Metrics(ExportMetricsServiceRequest::from(metrics));
        // The reader's own thread runs this, so it may block.
        let result = self.transport.send(&request);
        self.deliveries.note(&result);
        match result {
            Ok(_) => Ok(()),
            Err(error) => Err(OTelSdkError::InternalFailure(error.reason().to_owned())),
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}
