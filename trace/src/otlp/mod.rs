//! OTLP, the form in which spans travel and are kept: protobuf, JSON, and a file of JSON lines.
//!
//! Everything passes through the generated protobuf types: JSON is read into and written from them, and
//! [`decode::Decoder`] and [`encode::resource_spans`] lead from there to the [`model`](crate::model) and back.
//! [`scan`] goes over a request's bytes without building anything, which is what a receiver needs.

pub mod decode;
pub mod encode;
pub mod json;
pub mod lines;
pub mod scan;

/// The protobuf types of the opentelemetry-proto crate that this module speaks of.
pub mod proto {
    pub use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    pub use opentelemetry_proto::tonic::common::v1::{
        AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList, any_value,
    };
    pub use opentelemetry_proto::tonic::resource::v1::Resource;
    pub use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span};
}
