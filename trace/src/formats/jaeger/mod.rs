//! Jaeger's JSON: what its page downloads and its API answers, `/api/traces` (v1) and `/api/v3`.
//!
//! The mapping is OpenTelemetry's `specification/trace/sdk_exporters/jaeger.md` with the generic rules for formats other
//! than OTLP. Times are whole microseconds; links are `FOLLOWS_FROM` references and nothing more; lists and objects
//! become text. [`model`] is the form between, for whoever receives Jaeger's spans in other encodings.

pub mod model;
mod read;
pub mod thrift;
mod write;

pub use read::read;
pub use write::{write_trace, write_traces, write_v3};

#[cfg(test)]
mod tests;
