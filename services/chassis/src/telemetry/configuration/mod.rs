//! What the `OTEL_*` variables say, and what is in effect where they say nothing.
//!
//! As the OpenTelemetry specification asks, a value that is not understood is reported and the default taken.

mod reader;
mod values;

use std::str::FromStr;
use std::time::Duration;

use super::propagation::Format;
use super::sampler::Kind;
use reader::Reader;
pub use reader::{Setting, Source};
use values::{boolean, filter, milliseconds, pairs, parsed, positive, share, url};

/// Where a signal goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    None,
    Otlp,
    Console,
}

impl FromStr for Destination {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "none" => Ok(Self::None),
            "otlp" => Ok(Self::Otlp),
            "console" => Ok(Self::Console),
            _ => Err(()),
        }
    }
}

/// How OTLP is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Protocol {
    HttpProtobuf,
    Grpc,
}

impl FromStr for Protocol {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "http/protobuf" => Ok(Self::HttpProtobuf),
            "grpc" => Ok(Self::Grpc),
            _ => Err(()),
        }
    }
}

/// Whether bodies are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Compression {
    None,
    Gzip,
}

impl FromStr for Compression {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "none" => Ok(Self::None),
            "gzip" => Ok(Self::Gzip),
            _ => Err(()),
        }
    }
}

/// Where and how one signal is sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Endpoint {
    /// The full URL for HTTP, the server's for gRPC.
    pub url: String,
    pub protocol: Protocol,
    pub headers: Vec<(String, String)>,
    pub timeout: Duration,
    pub compression: Compression,
}

/// All that is configured.
#[derive(Debug, Clone)]
pub(crate) struct Configuration {
    pub disabled: bool,
    pub service_name: Option<String>,
    pub resource_attributes: Vec<(String, String)>,
    pub propagators: Vec<Format>,
    pub sampler: Kind,
    pub traces: (Destination, Endpoint),
    pub metrics: (Destination, Endpoint),
    pub logs: (Destination, Endpoint),
    pub span_delay: Duration,
    pub span_queue: usize,
    pub span_batch: usize,
    pub metric_interval: Duration,
    pub log_filter: String,
    /// All of the above, for people.
    pub settings: Vec<Setting>,
}

/// One signal's variables.
struct Signal {
    path: &'static str,
    endpoint: &'static str,
    protocol: &'static str,
    headers: &'static str,
    timeout: &'static str,
    compression: &'static str,
}

macro_rules! signal {
    ($name:literal, $path:literal) => {
        Signal {
            path: $path,
            endpoint: concat!("OTEL_EXPORTER_OTLP_", $name, "_ENDPOINT"),
            protocol: concat!("OTEL_EXPORTER_OTLP_", $name, "_PROTOCOL"),
            headers: concat!("OTEL_EXPORTER_OTLP_", $name, "_HEADERS"),
            timeout: concat!("OTEL_EXPORTER_OTLP_", $name, "_TIMEOUT"),
            compression: concat!("OTEL_EXPORTER_OTLP_", $name, "_COMPRESSION"),
        }
    };
}

const TRACES: Signal = signal!("TRACES", "/v1/traces");
const METRICS: Signal = signal!("METRICS", "/v1/metrics");
const LOGS: Signal = signal!("LOGS", "/v1/logs");

/// What all signals share.
struct General {
    endpoint: Option<String>,
    protocol: Protocol,
    headers: Vec<(String, String)>,
    timeout: Duration,
    compression: Compression,
}

impl Configuration {
    /// The configuration of this process.
    pub(crate) fn from_environment() -> Self {
        Self::read(&|variable| std::env::var(variable).ok())
    }

    pub(crate) fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut reader = Reader {
            lookup,
            settings: Vec::new(),
        };
        let disabled = reader.read("OTEL_SDK_DISABLED", "false", boolean);
        let service_name = reader.optional("OTEL_SERVICE_NAME", |text| Some(text.to_owned()));
        let resource_attributes = reader.read("OTEL_RESOURCE_ATTRIBUTES", "", pairs);
        let propagators = reader.read("OTEL_PROPAGATORS", "tracecontext,baggage", Format::list);
        let sampler = reader.read("OTEL_TRACES_SAMPLER", "parentbased_always_on", Kind::parse);
        let share = reader.read("OTEL_TRACES_SAMPLER_ARG", "1.0", share);
        let general = General {
            endpoint: reader.optional("OTEL_EXPORTER_OTLP_ENDPOINT", url),
            protocol: reader.read("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", parsed),
            headers: reader.secret("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default(),
            timeout: reader.read("OTEL_EXPORTER_OTLP_TIMEOUT", "10000", milliseconds),
            compression: reader.read("OTEL_EXPORTER_OTLP_COMPRESSION", "none", parsed),
        };
        let mut destination = |variable, signal: &Signal| {
            (
                reader.read(variable, "otlp", parsed),
                reader.endpoint(signal, &general),
            )
        };
        let traces = destination("OTEL_TRACES_EXPORTER", &TRACES);
        let metrics = destination("OTEL_METRICS_EXPORTER", &METRICS);
        let logs = destination("OTEL_LOGS_EXPORTER", &LOGS);
        Self {
            disabled,
            service_name,
            resource_attributes,
            propagators,
            sampler: sampler.with_share(share),
            traces,
            metrics,
            logs,
            span_delay: reader.read("OTEL_BSP_SCHEDULE_DELAY", "100", milliseconds),
            span_queue: reader.read("OTEL_BSP_MAX_QUEUE_SIZE", "32768", positive),
            span_batch: reader.read("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2048", positive),
            metric_interval: reader.read("OTEL_METRIC_EXPORT_INTERVAL", "5000", milliseconds),
            log_filter: reader.read("RUST_LOG", "info", filter),
            settings: reader.settings,
        }
    }
}

impl Reader<'_> {
    /// A signal's endpoint: its own variables, or else the general ones.
    fn endpoint(&mut self, signal: &Signal, general: &General) -> Endpoint {
        let protocol = self.optional(signal.protocol, parsed).unwrap_or(general.protocol);
        let url = match (self.optional(signal.endpoint, url), protocol) {
            // A signal's own endpoint is used as it stands.
            (Some(url), _) => url,
            (None, Protocol::HttpProtobuf) => {
                let base = general.endpoint.as_deref().unwrap_or("http://localhost:4318");
                let url = format!("{}{}", base.trim_end_matches('/'), signal.path);
                self.note(signal.endpoint, url.clone(), Source::Default);
                url
            }
            (None, Protocol::Grpc) => {
                let url = general
                    .endpoint
                    .clone()
                    .unwrap_or_else(|| "http://localhost:4317".to_owned());
                self.note(signal.endpoint, url.clone(), Source::Default);
                url
            }
        };
        Endpoint {
            url,
            protocol,
            headers: self
                .secret(signal.headers)
                .unwrap_or_else(|| general.headers.clone()),
            timeout: self
                .optional(signal.timeout, milliseconds)
                .unwrap_or(general.timeout),
            compression: self
                .optional(signal.compression, parsed)
                .unwrap_or(general.compression),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Configuration {
        Configuration::read(&|wanted| {
            variables
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    fn source(configuration: &Configuration, variable: &str) -> Source {
        configuration
            .settings
            .iter()
            .find(|setting| setting.variable == variable)
            .unwrap()
            .source
            .clone()
    }

    #[test]
    fn an_empty_environment_gives_the_documented_defaults() {
        let configuration = with(&[]);
        assert!(!configuration.disabled);
        assert_eq!(configuration.propagators, [Format::TraceContext]);
        assert_eq!(configuration.sampler, Kind::AlwaysOn { by_parent: true });
        assert_eq!(configuration.traces.0, Destination::Otlp);
        assert_eq!(configuration.traces.1.url, "http://localhost:4318/v1/traces");
        assert_eq!(configuration.traces.1.timeout, Duration::from_secs(10));
        assert_eq!(configuration.span_delay, Duration::from_millis(100));
        assert_eq!(
            (configuration.span_queue, configuration.span_batch),
            (32_768, 2_048)
        );
        assert_eq!(configuration.metric_interval, Duration::from_secs(5));
        assert!(
            configuration
                .settings
                .iter()
                .all(|setting| setting.source == Source::Default)
        );
    }

    #[test]
    fn a_signals_own_variables_win() {
        let configuration = with(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/"),
            (
                "OTEL_EXPORTER_OTLP_HEADERS",
                "authorization=Bearer%20abc, tenant=a",
            ),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:1/own"),
            ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "250"),
        ]);
        assert_eq!(configuration.traces.1.url, "http://traces:1/own");
        assert_eq!(configuration.metrics.1.url, "http://collector:4318/v1/metrics");
        assert_eq!(configuration.metrics.1.timeout, Duration::from_millis(250));
        assert_eq!(configuration.logs.1.protocol, Protocol::Grpc);
        assert_eq!(configuration.logs.1.url, "http://collector:4318/");
        assert_eq!(
            configuration.traces.1.headers[0],
            ("authorization".to_owned(), "Bearer abc".to_owned())
        );
        assert!(
            !configuration
                .settings
                .iter()
                .any(|setting| setting.value.contains("abc"))
        );
    }

    #[test]
    fn what_is_not_understood_is_reported_and_left() {
        let configuration = with(&[
            ("OTEL_PROPAGATORS", "tracecontext,ottrace"),
            ("OTEL_TRACES_SAMPLER", "sometimes"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "-1"),
            ("OTEL_SDK_DISABLED", "perhaps"),
            ("OTEL_RESOURCE_ATTRIBUTES", "a=1,b"),
        ]);
        assert_eq!(configuration.propagators, [Format::TraceContext]);
        assert_eq!(configuration.span_queue, 32_768);
        assert!(!configuration.disabled && configuration.resource_attributes.is_empty());
        assert_eq!(
            source(&configuration, "OTEL_TRACES_SAMPLER"),
            Source::NotUnderstood {
                given: "sometimes".to_owned()
            }
        );
    }

    #[test]
    fn sampler_and_share() {
        let configuration = with(&[
            ("OTEL_TRACES_SAMPLER", "traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ]);
        assert_eq!(
            configuration.sampler,
            Kind::Share {
                share: 0.25,
                by_parent: false
            }
        );
    }
}
