//! A span as OpenTelemetry defines it, complete and as it was sent.
//!
//! Nothing is normalised on the way in: kinds and status codes that nobody has defined yet, times that make no sense,
//! keys that occur twice, all stay what they were; what a view needs is derived from them. The only differences not
//! kept are those that protobuf itself does not make: an absent message and one with nothing but defaults.

mod kind;
mod span;
mod value;

pub use kind::{Kind, StatusCode};
pub use span::{EntityRef, Event, Link, Resource, Scope, Span, Status};
pub use value::{Attribute, Value};
