//! Metrics: what every process says about itself, and instruments for what only a service can know.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider};
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

/// The meter of this process, for instruments of a service's own. One that records nothing before telemetry is started.
#[must_use]
pub fn meter() -> Meter {
    global::meter("faultmart")
}

/// Hits and misses of a cache.
#[derive(Debug, Clone)]
pub struct Cache {
    requests: Counter<u64>,
    hit: [KeyValue; 2],
    miss: [KeyValue; 2],
}

impl Cache {
    /// A cache of that name (`prices`): counted as `cache.requests`, with `cache.name` and `cache.result` (`hit`, `miss`).
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        let attributes = |result| {
            [
                KeyValue::new("cache.name", name),
                KeyValue::new("cache.result", result),
            ]
        };
        Self {
            requests: meter()
                .u64_counter("cache.requests")
                .with_unit("{request}")
                .with_description("Look-ups in a cache, by result.")
                .build(),
            hit: attributes("hit"),
            miss: attributes("miss"),
        }
    }

    /// It was there.
    pub fn hit(&self) {
        self.requests.add(1, &self.hit);
    }

    /// It was not there.
    pub fn miss(&self) {
        self.requests.add(1, &self.miss);
    }
}

/// How long a queue is, and how long its oldest message has waited.
#[derive(Debug, Clone)]
pub struct Queue(Arc<QueueState>);

#[derive(Debug, Default)]
struct QueueState {
    known: AtomicBool,
    length: AtomicU64,
    age_ms: AtomicU64,
}

impl Queue {
    /// A queue of that name (`outbox`): observed as `queue.length` and `queue.oldest_message.age`, with `queue.name`.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        let state = Arc::new(QueueState::default());
        let seen = state.clone();
        let _ = meter()
            .u64_observable_gauge("queue.length")
            .with_unit("{message}")
            .with_description("Messages that wait in a queue.")
            .with_callback(move |observer| {
                if seen.known.load(Ordering::Acquire) {
                    observer.observe(
                        seen.length.load(Ordering::Relaxed),
                        &[KeyValue::new("queue.name", name)],
                    );
                }
            })
            .build();
        let seen = state.clone();
        let _ = meter()
            .f64_observable_gauge("queue.oldest_message.age")
            .with_unit("s")
            .with_description("How long the oldest message of a queue has waited.")
            .with_callback(move |observer| {
                if seen.known.load(Ordering::Acquire) {
                    let age = seen.age_ms.load(Ordering::Relaxed) as f64 / 1e3;
                    observer.observe(age, &[KeyValue::new("queue.name", name)]);
                }
            })
            .build();
        Self(state)
    }

    /// What it looks like now.
    pub fn set(&self, length: u64, oldest: Duration) {
        self.0.length.store(length, Ordering::Relaxed);
        self.0.age_ms.store(
            u64::try_from(oldest.as_millis()).unwrap_or(u64::MAX),
            Ordering::Relaxed,
        );
        self.0.known.store(true, Ordering::Release);
    }
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
