//! The spans of one trace as whoever keeps them keeps them, so that questions are asked in place, without decoding.
//!
//! [`TraceView`] is implemented by spans of the [`model`](crate::model) ([`ModelTrace`]) and by stores that keep spans as
//! the bytes that came; the evaluator of TraceQL is generic over it, so that each gets its own code.

mod key;
mod model;
mod structure;
mod value;

pub use key::{Key, key_bit};
pub use model::ModelTrace;
pub use structure::{NestedSets, Structure};
pub use value::{ArrayRef, ValueRef};

use crate::id::{SpanId, TraceId};
use crate::model::{Kind, StatusCode};

/// A span's position in its trace, from 0.
pub type Index = usize;

/// Whose attributes: of what a span shares with others, or its own. Those of events and links are asked of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// The span itself.
    Span,
    /// The resource that made it.
    Resource,
    /// The instrumentation scope that made it.
    Instrumentation,
}

/// The spans of one trace, by position. All methods but the iterators are asked often and should cost little.
///
/// A position from [`TraceView::span_count`] upwards is never asked for.
pub trait TraceView {
    /// Whether the very same span is never here twice. If so nobody looks for it.
    const DISTINCT: bool;

    /// How many spans there are.
    fn span_count(&self) -> usize;

    /// The trace's id.
    fn trace_id(&self) -> TraceId;

    /// A span's own id.
    fn span_id(&self, span: Index) -> SpanId;

    /// The id of its parent; none if it was not sent or is all zero.
    fn parent_span_id(&self, span: Index) -> Option<SpanId>;

    /// Whether two spans are the very same in everything. Asked only of spans that share an id.
    fn is_same(&self, one: Index, other: Index) -> bool;

    /// Its name.
    fn name(&self, span: Index) -> &str;

    /// Its kind.
    fn kind(&self, span: Index) -> Kind;

    /// How it ended.
    fn status(&self, span: Index) -> StatusCode;

    /// What was said about how it ended; empty if nothing was.
    fn status_message(&self, span: Index) -> &str;

    /// Its start, in nanoseconds since 1970.
    fn start_unix_ns(&self, span: Index) -> u64;

    /// Its end, in nanoseconds since 1970; may lie before the start.
    fn end_unix_ns(&self, span: Index) -> u64;

    /// The name of its instrumentation scope.
    fn instrumentation_name(&self, span: Index) -> &str;

    /// The version of its instrumentation scope.
    fn instrumentation_version(&self, span: Index) -> &str;

    /// The value of the first attribute of this key.
    fn attribute(&self, span: Index, owner: Owner, key: &Key) -> Option<ValueRef<'_>>;

    /// Visits all attributes in order, also those whose key has come before.
    fn each_attribute(&self, span: Index, owner: Owner, visit: &mut dyn FnMut(&str, ValueRef<'_>));

    /// What happened during it, in order.
    fn events<'v>(&'v self, span: Index) -> impl Iterator<Item = impl EventView<'v>>;

    /// What it refers to, in order.
    fn links<'v>(&'v self, span: Index) -> impl Iterator<Item = impl LinkView<'v>>;

    /// Whether whoever asks still waits for the answer. It is asked now and then; after a no, what an evaluation comes to
    /// means nothing, and it comes to it soon.
    fn go_on(&self) -> bool {
        true
    }

    /// End minus start in nanoseconds, 0 if the end lies before the start.
    fn duration_ns(&self, span: Index) -> u64 {
        self.end_unix_ns(span).saturating_sub(self.start_unix_ns(span))
    }
}

/// An event of a span.
pub trait EventView<'v> {
    /// What happened.
    fn name(&self) -> &'v str;

    /// When, in nanoseconds since 1970.
    fn time_unix_ns(&self) -> u64;

    /// The value of the first attribute of this key.
    fn attribute(&self, key: &Key) -> Option<ValueRef<'v>>;

    /// Visits all attributes in order.
    fn each_attribute(&self, visit: &mut dyn FnMut(&str, ValueRef<'_>));
}

/// A link of a span.
pub trait LinkView<'v> {
    /// The other span's trace, if one was sent.
    fn trace_id(&self) -> Option<TraceId>;

    /// The other span, if one was sent.
    fn span_id(&self) -> Option<SpanId>;

    /// The value of the first attribute of this key.
    fn attribute(&self, key: &Key) -> Option<ValueRef<'v>>;

    /// Visits all attributes in order.
    fn each_attribute(&self, visit: &mut dyn FnMut(&str, ValueRef<'_>));
}
