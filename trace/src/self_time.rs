//! Self time: the part of a span's duration during which none of its children ran.

use crate::tree::{Index, Tree};

/// The self time of every span in nanoseconds, by position: duration − the union of the children, each cut to what
/// lies within the span, so that it is never more than the duration. 0 for duplicates.
pub fn self_times(tree: &Tree<'_>) -> Vec<u64> {
    let mut times = vec![0; tree.spans().len()];
    for index in tree.depth_first() {
        times[index] = self_time(tree, index);
    }
    times
}

/// The self time of one span in nanoseconds.
pub fn self_time(tree: &Tree<'_>, index: Index) -> u64 {
    self_time_within(tree, index, (0, u64::MAX))
}

/// What of a span's self time lies between two moments, in nanoseconds.
pub fn self_time_within(tree: &Tree<'_>, index: Index, (from_unix_ns, until_unix_ns): (u64, u64)) -> u64 {
    let span = tree.span(index);
    let end = span.end_unix_ns.min(until_unix_ns);
    let (mut own, mut covered_until) = (0, span.start_unix_ns.max(from_unix_ns));
    // Children come by start, so one pass sees every gap.
    for child in tree.children(index) {
        let child = tree.span(*child);
        let start = child.start_unix_ns.min(end);
        own += start.saturating_sub(covered_until);
        covered_until = covered_until.max(child.end_unix_ns).max(start);
    }
    own + end.saturating_sub(covered_until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SpanId;
    use crate::model::Span;

    fn times(spans: &[(u8, u8, u64, u64)]) -> Vec<u64> {
        let spans: Vec<_> = spans
            .iter()
            .map(|(id, parent, start, end)| Span {
                span_id: SpanId([*id; 8]),
                parent_span_id: Some(SpanId([*parent; 8])),
                start_unix_ns: *start,
                end_unix_ns: *end,
                ..Span::default()
            })
            .collect();
        self_times(&Tree::of(&spans))
    }

    #[test]
    fn children_that_overlap_count_once() {
        assert_eq!(
            times(&[(1, 0, 0, 100), (2, 1, 10, 40), (3, 1, 30, 50), (4, 1, 60, 70)]),
            [50, 30, 20, 10]
        );
    }

    #[test]
    fn children_count_only_within_their_parent() {
        assert_eq!(
            times(&[
                (1, 0, 100, 200),
                (2, 1, 50, 110),
                (3, 1, 190, 300),
                (4, 1, 400, 500)
            ])[0],
            80
        );
        assert_eq!(times(&[(1, 0, 100, 50), (2, 1, 60, 70)]), [0, 10]);
    }

    #[test]
    fn only_what_lies_within_counts() {
        let spans: Vec<_> = [(1, 0, 0, 100), (2, 1, 20, 40)]
            .map(|(id, parent, start, end)| Span {
                span_id: SpanId([id; 8]),
                parent_span_id: Some(SpanId([parent; 8])),
                start_unix_ns: start,
                end_unix_ns: end,
                ..Span::default()
            })
            .into();
        let tree = Tree::of(&spans);
        for (within, own) in [
            ((0, 10), 10),
            ((10, 30), 10),
            ((20, 40), 0),
            ((30, 50), 10),
            ((90, 500), 10),
            ((200, 300), 0),
        ] {
            assert_eq!(self_time_within(&tree, 0, within), own, "{within:?}");
        }
    }
}
