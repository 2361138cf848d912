//! Zipkin's JSON, v2 (read and written) and v1 (read); and what its clients send besides, v2 in protobuf and v1 in Thrift.
//!
//! The mapping is OpenTelemetry's `specification/trace/sdk_exporters/zipkin.md`; where it says nothing (links, trace
//! state, internal spans) it is what the OpenTelemetry Collector writes. Times are whole microseconds, all values are
//! text, and resources have no place but the service's name. [`model`] is the form between, for whoever receives
//! Zipkin's spans in other encodings.

mod annotation;
mod link;
pub mod model;
pub mod proto;
mod read;
pub mod thrift;
pub mod v1;
mod write;

pub use read::{read, read_each};
pub use write::{write, write_as_server};

#[cfg(test)]
mod tests;
