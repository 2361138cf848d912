//! The root span of each trace: written, batched, sent to an OTLP endpoint, and counted on the way.

mod exporter;
mod protobuf;
mod template;

pub(crate) use exporter::Exporter;
pub use exporter::{ExporterOptions, SpanCounts};
