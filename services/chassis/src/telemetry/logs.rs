//! Logs: `tracing` events as JSON lines on standard error, and over OTLP, with the trace and span they belong to. Target,
//! module and file are left out everywhere: what is exported does not point at source code.

use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry::Context;
use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry::trace::TraceContextExt;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::logs::tonic::group_logs_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::logs::{
    BatchConfigBuilder, BatchLogProcessor, LogBatch, LogExporter, SdkLogger, SdkLoggerProvider,
};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context as LayerContext, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use super::otlp::{Deliveries, Request, Transport, deliver};

/// How long a log record waits for others.
const DELAY: Duration = Duration::from_millis(200);
/// How long a batch is tried again.
const PATIENCE: Duration = Duration::from_secs(2);

/// What libraries below us log goes to standard error alone. The exporters use some of them: were their events exported,
/// each export would be a reason for the next.
const LIBRARIES: [&str; 9] = [
    "axum",
    "h2",
    "hyper",
    "hyper_util",
    "opentelemetry",
    "reqwest",
    "sqlx",
    "tonic",
    "tower",
];

/// Starts logging. Where a subscriber is there already (a test's), it stays.
pub(super) fn start(service: &str, filter: &str, provider: Option<&SdkLoggerProvider>) {
    let layer = JsonLines {
        service: service.to_owned(),
        logger: provider.map(|provider| provider.logger("faultmart")),
    };
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let _ = tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .try_init();
}

/// The provider that sends logs over `transport`.
pub(super) fn provider(transport: Arc<dyn Transport>, resource: Resource) -> SdkLoggerProvider {
    let exporter = Exporter {
        transport,
        deliveries: Deliveries::of("logs"),
        resource: ResourceAttributesWithSchema::default(),
    };
    let batches = BatchConfigBuilder::default().with_scheduled_delay(DELAY).build();
    SdkLoggerProvider::builder()
        .with_resource(resource)
        .with_log_processor(
            BatchLogProcessor::builder(exporter)
                .with_batch_config(batches)
                .build(),
        )
        .build()
}

struct JsonLines {
    service: String,
    logger: Option<SdkLogger>,
}

impl<S: Subscriber> Layer<S> for JsonLines {
    fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
        let now = SystemTime::now();
        let level = *event.metadata().level();
        let mut content = Content::default();
        event.record(&mut content);
        self.write(now, level, &content);
        let from_library = LIBRARIES
            .iter()
            .any(|library| is_within(event.metadata().target(), library));
        if let Some(logger) = self
            .logger
            .as_ref()
            .filter(|_| !from_library && !Context::is_current_telemetry_suppressed())
        {
            emit(logger, now, level, content);
        }
    }
}

/// Whether a target is that crate or a module of it.
fn is_within(target: &str, library: &str) -> bool {
    target
        .strip_prefix(library)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::") || rest.starts_with('_'))
}

impl JsonLines {
    fn write(&self, now: SystemTime, level: Level, content: &Content) {
        let mut line = Map::new();
        line.insert(
            "timestamp".to_owned(),
            humantime::format_rfc3339_micros(now).to_string().into(),
        );
        line.insert("level".to_owned(), level.as_str().into());
        line.insert("service".to_owned(), self.service.as_str().into());
        line.insert("message".to_owned(), content.message.as_str().into());
        if !content.fields.is_empty() {
            line.insert("fields".to_owned(), Value::Object(content.fields.clone()));
        }
        if let Some(span) = crate::span::current_span_context() {
            line.insert("trace_id".to_owned(), span.trace_id().to_string().into());
            line.insert("span_id".to_owned(), span.span_id().to_string().into());
        }
        let mut text = Value::Object(line).to_string();
        text.push('\n');
        // One write, so that lines of several threads stay whole. Nobody can be told that there is no standard error.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

fn emit(logger: &SdkLogger, now: SystemTime, level: Level, content: Content) {
    let mut record = logger.create_log_record();
    record.set_timestamp(now);
    record.set_observed_timestamp(now);
    record.set_severity_text(level.as_str());
    record.set_severity_number(match level {
        Level::ERROR => Severity::Error,
        Level::WARN => Severity::Warn,
        Level::INFO => Severity::Info,
        Level::DEBUG => Severity::Debug,
        Level::TRACE => Severity::Trace,
    });
    record.set_body(AnyValue::from(content.message));
    for (name, value) in content.fields {
        record.add_attribute(name, any_value(value));
    }
    Context::map_current(|context| {
        let span = context.span();
        let span = span.span_context();
        if span.is_valid() {
            record.set_trace_context(span.trace_id(), span.span_id(), Some(span.trace_flags()));
        }
    });
    logger.emit(record);
}

fn any_value(value: Value) -> AnyValue {
    match value {
        Value::Bool(value) => AnyValue::Boolean(value),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => AnyValue::Int(integer),
            (None, Some(real)) => AnyValue::Double(real),
            (None, None) => AnyValue::from(number.to_string()),
        },
        Value::String(text) => AnyValue::from(text),
        other => AnyValue::from(other.to_string()),
    }
}

/// What an event says.
#[derive(Default)]
struct Content {
    message: String,
    fields: Map<String, Value>,
}

impl Content {
    fn add(&mut self, field: &Field, value: Value) {
        self.fields.insert(field.name().to_owned(), value);
    }
}

impl Visit for Content {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" {
            self.message = text;
        } else {
            self.add(field, Value::String(text));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.add(field, value.into());
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.add(field, value.to_string().into());
    }
}

#[derive(Debug)]
struct Exporter {
    transport: Arc<dyn Transport>,
    deliveries: Deliveries,
    resource: ResourceAttributesWithSchema,
}

impl LogExporter for Exporter {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let request = Request::Logs(ExportLogsServiceRequest {
            resource_logs: group_logs_by_resource_and_scope(&batch, &self.resource),
        });
        // The processor's own thread runs this, so it may block.
        let pause = |wait| {
            std::thread::sleep(wait);
            true
        };
        let result = deliver(&*self.transport, &request, PATIENCE, pause);
        self.deliveries.note(&result);
        match result {
            Ok(_) => Ok(()),
            Err(error) => Err(OTelSdkError::InternalFailure(error.reason().to_owned())),
        }
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = ResourceAttributesWithSchema::from(resource);
    }
}
