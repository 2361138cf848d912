//! Who is below whom in a view: what [`Tree`](crate::Tree) says, computed from a view alone and only as far as a query
//! needs it. Nothing recurses, and nothing compares all with all.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{Index, TraceView};
use crate::id::SpanId;
use crate::model::Kind;

const NONE: u32 = u32::MAX;

/// Up to this many spans are looked through one by one.
const FEW: usize = 32;

/// Each span's parent. Parents that are missing, that are the span itself or that form a ring are none, exactly as in
/// [`Tree`](crate::Tree).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structure {
    parents: Vec<u32>,
    /// Spans that are here already; empty if there is none.
    left_out: Vec<bool>,
    /// Where rings were cut, in order.
    ring_heads: Vec<u32>,
}

/// The numbers of the nested-set model: a span's descendants are those whose numbers lie between its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NestedSets {
    /// From 1, in the order in which a walk meets the spans. 0 for what is left out.
    pub left: Vec<i64>,
    /// The number of the step that leaves the span.
    pub right: Vec<i64>,
    /// The parent's left, or −1 if there is none.
    pub parent: Vec<i64>,
}

/// What spans are ordered by: time first, and then whatever does not depend on the order of arrival.
fn position<V: TraceView>(view: &V, span: Index) -> (u64, Reverse<u64>, SpanId, Kind, Index) {
    (
        view.start_unix_ns(span),
        Reverse(view.end_unix_ns(span)),
        view.span_id(span),
        view.kind(span),
        span,
    )
}

impl Structure {
    /// Finds the parents.
    pub fn of<V: TraceView>(view: &V) -> Self {
        let mut structure = Self {
            parents: Vec::new(),
            left_out: Vec::new(),
            ring_heads: Vec::new(),
        };
        if !structure.settle_few(view) {
            structure.settle_many(view);
        }
        structure.cut_rings(view);
        structure
    }

    /// Finds the parents of a few spans that share no id by looking through them, which most traces are, and which costs
    /// less than any order. Whether it could.
    fn settle_few<V: TraceView>(&mut self, view: &V) -> bool {
        let count = view.span_count();
        let mut ids = [SpanId::default(); FEW];
        let Some(ids) = ids.get_mut(..count) else {
            return false;
        };
        for span in 0..count {
            let id = view.span_id(span);
            if ids[..span].contains(&id) {
                return false;
            }
            ids[span] = id;
        }
        let parent = |span: Index| {
            let parent = view.parent_span_id(span)?;
            let at = ids.iter().position(|id| *id == parent)?;
            (at != span).then_some(at as u32)
        };
        self.parents
            .extend((0..count).map(|span| parent(span).unwrap_or(NONE)));
        true
    }

    /// Finds the parents of any number of spans.
    fn settle_many<V: TraceView>(&mut self, view: &V) {
        let count = view.span_count();
        self.parents = vec![NONE; count];
        let mut holders: Vec<(SpanId, u32)> =
            (0..count).map(|span| (view.span_id(span), span as u32)).collect();
        holders.sort_unstable();
        let clients = self.settle_shared_ids(view, &mut holders);
        for span in 0..count {
            if self.is_left_out(span) {
                continue;
            }
            let parent = match clients.get(&(span as u32)) {
                Some(client) => Some(*client),
                None => view
                    .parent_span_id(span)
                    .filter(|parent| *parent != view.span_id(span))
                    .and_then(|parent| {
                        let at = holders.binary_search_by_key(&parent, |(id, _)| *id).ok()?;
                        Some(holders[at].1)
                    }),
            };
            self.parents[span] = parent.unwrap_or(NONE);
        }
    }

    /// Reduces `holders` to the one that adopts each id's children, notes what is here twice, and returns the client
    /// above each server that has its client's id, as Zipkin's libraries send it.
    fn settle_shared_ids<V: TraceView>(
        &mut self,
        view: &V,
        holders: &mut Vec<(SpanId, u32)>,
    ) -> HashMap<u32, u32> {
        let mut clients = HashMap::new();
        if holders.windows(2).all(|pair| pair[0].0 != pair[1].0) {
            return clients;
        }
        let mut adopters = Vec::with_capacity(holders.len());
        for group in holders.chunk_by_mut(|one, other| one.0 == other.0) {
            let id = group[0].0;
            if let [(_, only)] = group {
                adopters.push((id, *only));
                continue;
            }
            group.sort_unstable_by_key(|(_, span)| position(view, *span as Index));
            let mut different: Vec<u32> = Vec::new();
            for (_, span) in group.iter() {
                // Thousands of different spans with one id are compared with the first few only: hostile, not a trace.
                let same = |other: &u32| view.is_same(*other as Index, *span as Index);
                if !V::DISTINCT && different.iter().take(16).any(same) {
                    self.left_out.resize(self.parents.len(), false);
                    self.left_out[*span as Index] = true;
                } else {
                    different.push(*span);
                }
            }
            let of_kind = |kind| {
                different
                    .iter()
                    .copied()
                    .find(|span| view.kind(*span as Index) == kind)
            };
            let mut adopter = different[0];
            if let (Some(client), Some(server)) = (of_kind(Kind::CLIENT), of_kind(Kind::SERVER)) {
                clients.insert(server, client);
                adopter = server;
            }
            adopters.push((id, adopter));
        }
        *holders = adopters;
        clients
    }

    /// Follows each span upwards once; a way that comes back to itself is a ring, cut above its earliest span.
    fn cut_rings<V: TraceView>(&mut self, view: &V) {
        // Where each parent stands before its children, as in most traces, there is no ring.
        let mut parents = (0..).zip(&self.parents);
        if parents.all(|(span, parent)| *parent == NONE || *parent < span) {
            return;
        }
        // 0 is not yet seen; otherwise the number of the walk that saw it.
        let mut seen = vec![0u32; self.parents.len()];
        for start in 0..self.parents.len() {
            let walk = start as u32 + 1;
            let mut at = start as u32;
            while at != NONE && seen[at as Index] == 0 {
                seen[at as Index] = walk;
                at = self.parents[at as Index];
            }
            if at == NONE || seen[at as Index] != walk {
                continue;
            }
            let mut earliest = at;
            let mut next = self.parents[at as Index];
            while next != at {
                if position(view, next as Index) < position(view, earliest as Index) {
                    earliest = next;
                }
                next = self.parents[next as Index];
            }
            self.parents[earliest as Index] = NONE;
            self.ring_heads.push(earliest);
        }
        self.ring_heads.sort_unstable();
    }

    /// The span above this one.
    pub fn parent(&self, span: Index) -> Option<Index> {
        Some(self.parents[span])
            .filter(|parent| *parent != NONE)
            .map(|parent| parent as Index)
    }

    /// Whether the very same span is here already, so that this one does not count.
    pub fn is_left_out(&self, span: Index) -> bool {
        self.left_out.get(span).copied().unwrap_or(false)
    }

    /// The span that the trace is named after: the first that names no parent, or else the first with nothing above it.
    pub fn root<V: TraceView>(&self, view: &V) -> Option<Index> {
        let names_none = |span: Index| {
            view.parent_span_id(span).is_none() && self.ring_heads.binary_search(&(span as u32)).is_err()
        };
        (0..self.parents.len())
            .filter(|span| self.parents[*span] == NONE && !self.is_left_out(*span))
            .min_by_key(|span| (!names_none(*span), position(view, *span)))
    }

    /// How many spans are directly below each.
    pub fn child_counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.parents.len()];
        for parent in &self.parents {
            if *parent != NONE {
                counts[*parent as Index] += 1;
            }
        }
        counts
    }

    /// Numbers the spans: roots and children by start.
    pub fn nested_sets<V: TraceView>(&self, view: &V) -> NestedSets {
        let count = self.parents.len();
        // Children of one parent next to one another, by start; the roots are those of `NONE`, which sorts last.
        let mut order: Vec<u32> = (0..count as u32)
            .filter(|span| !self.is_left_out(*span as Index))
            .collect();
        order.sort_by_cached_key(|span| (self.parents[*span as Index], position(view, *span as Index)));
        let children_of = |parent: u32| {
            let from = order.partition_point(|span| self.parents[*span as Index] < parent);
            order[from..]
                .iter()
                .take_while(move |span| self.parents[**span as Index] == parent)
                .copied()
        };
        let mut sets = NestedSets {
            left: vec![0; count],
            right: vec![0; count],
            parent: vec![0; count],
        };
        let mut number = 0;
        // Each span is met twice: when it is entered, and below its children when it is left.
        let mut waiting: Vec<(u32, bool)> = children_of(NONE).map(|span| (span, false)).collect();
        waiting.reverse();
        while let Some((span, entered)) = waiting.pop() {
            number += 1;
            if entered {
                sets.right[span as Index] = number;
                continue;
            }
            sets.left[span as Index] = number;
            sets.parent[span as Index] = self.parent(span as Index).map_or(-1, |parent| sets.left[parent]);
            waiting.push((span, true));
            let first = waiting.len();
            waiting.extend(children_of(span).map(|child| (child, false)));
            waiting[first..].reverse();
        }
        sets
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Span;
    use crate::tree::{Standing, Tree};
    use crate::view::ModelTrace;

    fn span(id: u8, parent: u8, kind: i32, start: u64) -> Span {
        Span {
            span_id: SpanId([0, 0, 0, 0, 0, 0, 0, id]),
            parent_span_id: Some(SpanId([0, 0, 0, 0, 0, 0, 0, parent])),
            kind: Kind(kind),
            start_unix_ns: start,
            end_unix_ns: start + 10,
            ..Span::default()
        }
    }

    #[test]
    fn nested_sets_are_numbered_as_a_walk_meets_them() {
        let spans = [
            span(1, 0, 1, 0),
            span(3, 1, 1, 5),
            span(2, 1, 1, 2),
            span(4, 2, 1, 3),
        ];
        let view = ModelTrace(&spans);
        let sets = Structure::of(&view).nested_sets(&view);
        assert_eq!(sets.left, [1, 6, 2, 3]);
        assert_eq!(sets.right, [8, 7, 5, 4]);
        assert_eq!(sets.parent, [-1, 1, 1, 2]);
    }

    proptest! {
        /// Orphans, several roots, rings, own parents, shared ids and duplicates all come up with ids this few.
        #[test]
        fn the_parents_are_those_of_the_tree(
            shape in prop::collection::vec((1u8..8, 0u8..8, 1i32..4, 0u64..4), 0..16)
        ) {
            let spans: Vec<_> = shape.into_iter().map(|(id, parent, kind, start)| span(id, parent, kind, start)).collect();
            let (view, tree) = (ModelTrace(&spans), Tree::of(&spans));
            let structure = Structure::of(&view);
            for index in 0..spans.len() {
                prop_assert_eq!(structure.parent(index), tree.parent(index));
                let duplicate = matches!(tree.standing(index), Standing::Duplicate(_));
                prop_assert_eq!(structure.is_left_out(index), duplicate);
            }
            prop_assert_eq!(structure.root(&view), tree.root());
            let sets = structure.nested_sets(&view);
            let walked: Vec<_> = tree.depth_first().collect();
            prop_assert!(walked.windows(2).all(|pair| sets.left[pair[0]] < sets.left[pair[1]]));
        }
    }
}
