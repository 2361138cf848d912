//! The critical path: at every moment of a root's duration, the one span that it was waiting for.
//!
//! Walk back from the root's end. The child that finished last before the point reached is what the parent waited
//! for; the walk goes through it and comes out at its start. What lies between children is the parent's own.
//! Source: Zhang et al., "CRISP: Critical Path Analysis of Large-Scale Microservice Architectures", USENIX ATC 2022,
//! section 3, as Jaeger's page implements it too. A sibling that was still running when the chosen child started
//! cannot have been waited for before that start, so it is passed over, as there (happens-before).
//!
//! Times that do not fit are treated by rule and never changed: a child that begins before its parent or outlives it
//! counts for the part within the parent (the part within *its* parent, and so on up to the root); one that starts at
//! or after its parent's end is asynchronous, nobody waited for it, and it is not on the path.

use crate::tree::{Index, Tree};

/// A stretch of time for which one span is answerable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// The span.
    pub span: Index,
    /// From, in nanoseconds since 1970.
    pub start_unix_ns: u64,
    /// Until, in nanoseconds since 1970; always after the start.
    pub end_unix_ns: u64,
}

impl Segment {
    /// Its length in nanoseconds.
    pub fn duration_ns(&self) -> u64 {
        self.end_unix_ns - self.start_unix_ns
    }
}

/// The critical path of what is below `root`, in the order of time: without gap or overlap, and as long as the root.
pub fn critical_path(tree: &Tree<'_>, root: Index) -> Vec<Segment> {
    let mut segments = Vec::new();
    let span = tree.span(root);
    let mut stack = vec![Visit::of(tree, root, span.start_unix_ns, span.end_unix_ns)];
    while let Some(visit) = stack.last_mut() {
        match visit.waited_for() {
            Some((child, start, end)) => {
                visit.own(end, &mut segments);
                visit.cursor = start;
                stack.push(Visit::of(tree, child, start, end));
            }
            None => {
                visit.own(visit.start, &mut segments);
                stack.pop();
            }
        }
    }
    segments.reverse();
    segments
}

/// The time that each span is answerable for, in nanoseconds, by position.
pub fn time_on_path(tree: &Tree<'_>, segments: &[Segment]) -> Vec<u64> {
    let mut times = vec![0; tree.spans().len()];
    for segment in segments {
        times[segment.span] += segment.duration_ns();
    }
    times
}

/// A span on the path while the walk is inside of it.
struct Visit {
    span: Index,
    start: u64,
    /// How far back the walk has come.
    cursor: u64,
    /// The children within the span, cut to it: the last to finish is at the end.
    children: Vec<(Index, u64, u64)>,
}

impl Visit {
    /// `start` and `end` are what is left of the span within all that is above it.
    fn of(tree: &Tree<'_>, span: Index, start: u64, end: u64) -> Self {
        let within = |child: &Index| {
            let (from, until) = (tree.span(*child).start_unix_ns, tree.span(*child).end_unix_ns);
            let (from, until) = (from.max(start), until.min(end));
            (from < until).then_some((*child, from, until))
        };
        let mut children: Vec<_> = tree.children(span).iter().filter_map(within).collect();
        // Of two that finish together, the one that started first explains more.
        children.sort_by_key(|(index, from, until)| (*until, std::cmp::Reverse(*from), *index));
        Self {
            span,
            start,
            cursor: end,
            children,
        }
    }

    /// The next child back in time that the span waited for.
    fn waited_for(&mut self) -> Option<(Index, u64, u64)> {
        while let Some(child) = self.children.pop() {
            if child.2 <= self.cursor {
                return Some(child);
            }
        }
        None
    }

    /// What lies between `from` and the cursor is the span's own.
    fn own(&self, from: u64, segments: &mut Vec<Segment>) {
        if from < self.cursor {
            segments.push(Segment {
                span: self.span,
                start_unix_ns: from,
                end_unix_ns: self.cursor,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SpanId;
    use crate::model::Span;

    fn path(spans: &[(u32, u32, u64, u64)]) -> Vec<(usize, u64, u64)> {
        let spans: Vec<_> = spans
            .iter()
            .map(|(id, parent, start, end)| Span {
                span_id: SpanId(u64::from(*id).to_be_bytes()),
                parent_span_id: Some(SpanId(u64::from(*parent).to_be_bytes())),
                start_unix_ns: *start,
                end_unix_ns: *end,
                ..Span::default()
            })
            .collect();
        let segments = critical_path(&Tree::of(&spans), 0);
        segments
            .iter()
            .map(|it| (it.span, it.start_unix_ns, it.end_unix_ns))
            .collect()
    }

    #[test]
    fn sequential_children_are_all_on_the_path_and_the_gaps_are_the_parents() {
        let spans = [(1, 0, 0, 100), (2, 1, 10, 40), (3, 1, 50, 90)];
        assert_eq!(
            path(&spans),
            [(0, 0, 10), (1, 10, 40), (0, 40, 50), (2, 50, 90), (0, 90, 100)]
        );
    }

    #[test]
    fn of_parallel_children_the_last_to_finish_is_on_the_path() {
        assert_eq!(
            path(&[(1, 0, 0, 100), (2, 1, 10, 80), (3, 1, 10, 90)]),
            [(0, 0, 10), (2, 10, 90), (0, 90, 100)]
        );
    }

    #[test]
    fn a_sibling_still_running_when_the_chosen_one_started_was_not_waited_for() {
        assert_eq!(
            path(&[(1, 0, 0, 20), (2, 1, 0, 10), (3, 1, 5, 20)]),
            [(0, 0, 5), (2, 5, 20)]
        );
    }

    #[test]
    fn children_count_for_what_lies_within_their_parents() {
        assert_eq!(
            path(&[(1, 0, 50, 100), (2, 1, 40, 120), (3, 2, 10, 60)]),
            [(2, 50, 60), (1, 60, 100)]
        );
    }

    #[test]
    fn a_child_after_its_parents_end_is_asynchronous_and_not_on_the_path() {
        assert_eq!(
            path(&[(1, 0, 0, 10), (2, 1, 10, 30), (3, 1, 50, 60)]),
            [(0, 0, 10)]
        );
    }

    #[test]
    fn a_root_without_duration_has_no_path() {
        assert_eq!(path(&[(1, 0, 10, 10), (2, 1, 5, 30)]), []);
        assert_eq!(path(&[(1, 0, 10, 5), (2, 1, 6, 8)]), []);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_spans_does_not_overflow_the_stack() {
        let spans: Vec<_> = (1..=100_000)
            .map(|id| (id, id - 1, u64::from(id), 300_000 - u64::from(id)))
            .collect();
        assert_eq!(path(&spans).len(), 199_999);
    }
}
