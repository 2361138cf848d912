//! What a trace is called, how long it took, and whether all of it is here.

use serde::Serialize;

use crate::id::TraceId;
use crate::tree::{Standing, Tree};

/// One line about a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Its id.
    pub trace_id: TraceId,
    /// The service of its root, or of its first span if the root is not here.
    pub root_service: String,
    /// The name of its root, or of its first span if the root is not here.
    pub root_name: String,
    /// The start of that span, in nanoseconds since 1970.
    pub start_unix_ns: u64,
    /// The duration of that span, in nanoseconds.
    pub duration_ns: u64,
    /// How many spans it has; one that came twice counts once.
    pub spans: usize,
    /// How many of them are errors.
    pub errors: usize,
    /// How many name a parent that is not here.
    pub orphans: usize,
    /// Whether its root is here.
    pub root_seen: bool,
}

impl Summary {
    /// Sums up a trace; none if it has no span.
    pub fn of(tree: &Tree<'_>) -> Option<Self> {
        let root = tree.root()?;
        let span = tree.span(root);
        let mut summary = Self {
            trace_id: span.trace_id,
            root_service: span.service().to_owned(),
            root_name: span.name.clone(),
            start_unix_ns: span.start_unix_ns,
            duration_ns: span.duration_ns(),
            spans: 0,
            errors: 0,
            orphans: 0,
            root_seen: tree.standing(root) == Standing::Root,
        };
        for index in tree.depth_first() {
            summary.spans += 1;
            summary.errors += usize::from(tree.span(index).is_error());
            summary.orphans += usize::from(tree.standing(index) == Standing::Orphan);
        }
        Some(summary)
    }

    /// Whether the root is here and no span misses its parent. A span that nobody names can still be missing.
    pub fn is_complete(&self) -> bool {
        self.root_seen && self.orphans == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SpanId;
    use crate::model::Span;

    #[test]
    fn a_trace_is_complete_with_its_root_and_every_parent() {
        let mut spans = vec![
            Span {
                span_id: SpanId([2; 8]),
                parent_span_id: Some(SpanId([1; 8])),
                ..Span::default()
            },
            Span {
                span_id: SpanId([1; 8]),
                name: "GET /".into(),
                start_unix_ns: 3,
                end_unix_ns: 9,
                ..Span::default()
            },
        ];
        let summary = Summary::of(&Tree::of(&spans)).expect("spans");
        assert_eq!(
            (summary.root_name.as_str(), summary.duration_ns, summary.spans),
            ("GET /", 6, 2)
        );
        assert!(summary.is_complete());
        spans.pop();
        let summary = Summary::of(&Tree::of(&spans)).expect("a span");
        assert!(!summary.is_complete() && !summary.root_seen && summary.orphans == 1);
        assert_eq!(Summary::of(&Tree::of(&[])), None);
    }
}
