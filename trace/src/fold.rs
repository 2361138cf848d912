//! Folding: siblings that do the same are shown once, with their number, and what sets one apart keeps it visible.
//!
//! Twenty `SELECT order_items` below one span become one line ×20, and so do the calls below twenty calls. A sibling
//! that is an error, or much slower than the others, stays a line of its own.

use std::collections::HashMap;

use crate::model::Kind;
use crate::tree::{Index, Tree};

/// What is folded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// The fewest siblings of one service, name and kind that are folded.
    pub at_least: usize,
    /// A sibling slower than this many medians of its group stays visible.
    pub outlier: u64,
    /// A sibling no slower than this is never set apart: at that size, differences are noise.
    pub noise_ns: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            at_least: 3,
            outlier: 4,
            noise_ns: 1_000_000,
        }
    }
}

/// One line of the folded tree: a span, or several that do the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// The spans, by start; one if nothing was folded.
    pub members: Vec<Index>,
    /// The durations of the members together, in nanoseconds. More than the time that passed if they overlap.
    pub total_ns: u64,
    /// How far below its root it is.
    pub depth: usize,
    /// Whether it is the last below its parent, for whoever draws branches.
    pub last: bool,
    /// Whether it would have been folded, were it not an error or much slower than its siblings.
    pub outlier: bool,
}

/// The tree in lines, each followed by what is below it. Children of folded spans are folded together.
pub fn fold(tree: &Tree<'_>, options: Options) -> Vec<Fold> {
    let mut folds = Vec::new();
    // Roots are never folded: each is a story of its own.
    let roots = tree.roots().iter().map(|root| (vec![*root], false)).collect();
    let mut waiting = Vec::new();
    push(roots, 0, &mut waiting);
    while let Some((members, outlier, depth, last)) = waiting.pop() {
        let children: Vec<Index> = members
            .iter()
            .flat_map(|member| tree.children(*member))
            .copied()
            .collect();
        // Below folded spans even two of a kind are a repetition.
        let at_least = if members.len() > 1 { 2 } else { options.at_least };
        push(
            groups(tree, children, Options { at_least, ..options }),
            depth + 1,
            &mut waiting,
        );
        let total_ns = members
            .iter()
            .fold(0_u64, |sum, it| sum.saturating_add(tree.span(*it).duration_ns()));
        folds.push(Fold {
            members,
            total_ns,
            depth,
            last,
            outlier,
        });
    }
    folds
}

type Waiting = Vec<(Vec<Index>, bool, usize, bool)>;

fn push(groups: Vec<(Vec<Index>, bool)>, depth: usize, waiting: &mut Waiting) {
    let reversed = groups.into_iter().rev().enumerate();
    waiting.extend(reversed.map(|(place, (members, outlier))| (members, outlier, depth, place == 0)));
}

/// Siblings in groups, by the start of each group's first member.
fn groups(tree: &Tree<'_>, siblings: Vec<Index>, options: Options) -> Vec<(Vec<Index>, bool)> {
    let mut alike: HashMap<(&str, &str, Kind), Vec<Index>> = HashMap::new();
    for index in siblings {
        let span = tree.span(index);
        alike
            .entry((span.service(), &span.name, span.kind))
            .or_default()
            .push(index);
    }
    let mut groups = Vec::new();
    for members in alike.into_values() {
        if members.len() < options.at_least {
            groups.extend(members.into_iter().map(|index| (vec![index], false)));
            continue;
        }
        let limit = median(tree, &members)
            .saturating_mul(options.outlier)
            .max(options.noise_ns);
        let apart = |index: &Index| tree.span(*index).is_error() || tree.span(*index).duration_ns() > limit;
        let (outliers, mut ordinary): (Vec<_>, Vec<_>) = members.into_iter().partition(apart);
        ordinary.sort_by_key(|index| (tree.span(*index).start_unix_ns, *index));
        if !ordinary.is_empty() {
            groups.push((ordinary, false));
        }
        groups.extend(outliers.into_iter().map(|index| (vec![index], true)));
    }
    groups.sort_by_key(|(members, _)| (tree.span(members[0]).start_unix_ns, members[0]));
    groups
}

fn median(tree: &Tree<'_>, members: &[Index]) -> u64 {
    let mut durations: Vec<u64> = members
        .iter()
        .map(|index| tree.span(*index).duration_ns())
        .collect();
    durations.sort_unstable();
    durations[durations.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SpanId;
    use crate::model::{Span, Status, StatusCode};

    fn span(id: u64, parent: u64, name: &str, start: u64, duration: u64) -> Span {
        Span {
            span_id: SpanId(id.to_be_bytes()),
            parent_span_id: (parent > 0).then(|| SpanId(parent.to_be_bytes())),
            name: name.to_owned(),
            start_unix_ns: start * 1_000_000,
            end_unix_ns: (start + duration) * 1_000_000,
            ..Span::default()
        }
    }

    fn lines(spans: &[Span]) -> Vec<String> {
        let tree = Tree::of(spans);
        let text = |fold: &Fold| {
            format!(
                "{}{} ×{}",
                " ".repeat(fold.depth),
                tree.span(fold.members[0]).name,
                fold.members.len()
            )
        };
        fold(&tree, Options::default()).iter().map(text).collect()
    }

    #[test]
    fn repeated_siblings_are_one_line_and_two_are_not_repeated() {
        let mut spans = vec![
            span(1, 0, "root", 0, 1000),
            span(2, 1, "one", 1, 5),
            span(3, 1, "one", 10, 5),
        ];
        spans.extend((0..20).map(|n| span(10 + n, 1, "many", 100 + n * 10, 5)));
        assert_eq!(lines(&spans), ["root ×1", " one ×1", " one ×1", " many ×20"]);
    }

    #[test]
    fn a_slow_sibling_and_an_error_stay_visible() {
        let mut spans = vec![span(1, 0, "root", 0, 1000)];
        spans.extend((0..10).map(|n| span(10 + n, 1, "many", 100 + n * 10, 5)));
        spans.push(span(30, 1, "many", 300, 21));
        spans.push(Span {
            status: Status {
                code: StatusCode::ERROR,
                ..Status::default()
            },
            ..span(31, 1, "many", 400, 5)
        });
        assert_eq!(lines(&spans), ["root ×1", " many ×10", " many ×1", " many ×1"]);
        let tree = Tree::of(&spans);
        assert!(
            fold(&tree, Options::default())[2..]
                .iter()
                .all(|fold| fold.outlier)
        );
    }

    #[test]
    fn what_is_below_folded_spans_is_folded_across_them() {
        let mut spans = vec![span(1, 0, "root", 0, 1000)];
        for n in 0..4 {
            spans.push(span(10 + n, 1, "call", n * 10, 9));
            spans.push(span(20 + n, 10 + n, "serve", n * 10 + 1, 7));
        }
        assert_eq!(lines(&spans), ["root ×1", " call ×4", "  serve ×4"]);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_spans_is_as_many_lines() {
        let spans: Vec<_> = (1..=100_000)
            .map(|id| span(id, id - 1, "deep", id, 300_000 - 2 * id))
            .collect();
        assert_eq!(fold(&Tree::of(&spans), Options::default()).len(), 100_000);
    }
}
