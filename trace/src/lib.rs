//! Traces as data: the span model, its formats, and what can be read from one trace. Nothing here does I/O.
//!
//! | question | module |
//! |---|---|
//! | what is a span? | [`model`], [`id`] |
//! | how is it read and written? | [`otlp`], [`formats`] |
//! | who called whom? | [`tree`] |
//! | what did the caller wait for? | [`critical_path`], [`self_time`] |
//! | what else went on at a service meanwhile? | [`meanwhile`] |
//! | what do many traces have in common? | [`cohort`] |
//! | how is it shown? | [`fold`], [`waterfall`], [`drawing`] |
//! | what do two groups of traces differ in? | [`compare`] |
//! | which trace is it, and is all of it there? | [`summary`] |
//! | how is it asked where it is kept, without decoding? | [`view`] |
//! | which traces and spans match a query, and what do they come to over time? | [`traceql`] |

pub mod cohort;
pub mod compare;
pub mod critical_path;
pub mod drawing;
pub mod fold;
pub mod formats;
pub mod id;
pub mod meanwhile;
pub mod model;
pub mod otlp;
pub mod self_time;
pub mod summary;
pub mod traceql;
pub mod tree;
pub mod view;
pub mod waterfall;

pub use id::{SpanId, TraceId};
pub use model::{Attribute, Event, Kind, Link, Resource, Scope, Span, Status, StatusCode, Value};
pub use summary::Summary;
pub use tree::Tree;
