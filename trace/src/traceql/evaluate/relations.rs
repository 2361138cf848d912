//! Structural operators. Each is one or two walks over the trace, never all against all.

use super::super::syntax::{Mode, Relation};
use crate::view::{Index, Structure};

/// The spans of a relation, in order. Both lists are in order.
pub fn related(
    structure: &Structure,
    count: usize,
    relation: Relation,
    mode: Mode,
    left: &[Index],
    right: &[Index],
) -> Vec<Index> {
    let partners = |relation, left: &[Index]| Partners::of(structure, count, relation, left);
    match mode {
        Mode::Plain => {
            let partners = partners(relation, left);
            right
                .iter()
                .copied()
                .filter(|span| partners.has(structure, *span))
                .collect()
        }
        Mode::Negated => {
            let partners = partners(relation, left);
            right
                .iter()
                .copied()
                .filter(|span| !partners.has(structure, *span))
                .collect()
        }
        Mode::Union => {
            let of_right = related(structure, count, relation, Mode::Plain, left, right);
            let of_left = related(structure, count, opposite(relation), Mode::Plain, right, left);
            united(&of_left, &of_right)
        }
    }
}

/// Where the left stands, seen from the right.
fn opposite(relation: Relation) -> Relation {
    match relation {
        Relation::Child => Relation::Parent,
        Relation::Parent => Relation::Child,
        Relation::Descendant => Relation::Ancestor,
        Relation::Ancestor => Relation::Descendant,
        Relation::Sibling => Relation::Sibling,
    }
}

/// Two ordered lists as one, each span once.
pub fn united(one: &[Index], other: &[Index]) -> Vec<Index> {
    let mut all = Vec::with_capacity(one.len() + other.len());
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    loop {
        let next = match (one.peek(), other.peek()) {
            (None, None) => return all,
            (Some(span), None) | (None, Some(span)) => **span,
            (Some(span), Some(than)) => **span.min(than),
        };
        one.next_if(|span| **span == next);
        other.next_if(|span| **span == next);
        all.push(next);
    }
}

/// Which spans have a partner on the left.
enum Partners {
    Marked(Vec<bool>),
    /// By parent, how many spans of the left are below it; and which those are.
    Siblings(Vec<u32>, Vec<bool>),
}

impl Partners {
    fn of(structure: &Structure, count: usize, relation: Relation, left: &[Index]) -> Self {
        let mut is_left = vec![false; count];
        for span in left {
            is_left[*span] = true;
        }
        let mut marked = match relation {
            Relation::Descendant => return Self::Marked(below(structure, &is_left)),
            Relation::Sibling => {
                let mut counts = vec![0; count];
                for parent in left.iter().filter_map(|span| structure.parent(*span)) {
                    counts[parent] += 1;
                }
                return Self::Siblings(counts, is_left);
            }
            Relation::Child | Relation::Parent | Relation::Ancestor => vec![false; count],
        };
        match relation {
            Relation::Child => {
                for (span, mark) in marked.iter_mut().enumerate() {
                    *mark = structure.parent(span).is_some_and(|parent| is_left[parent]);
                }
            }
            Relation::Parent => {
                for parent in left.iter().filter_map(|span| structure.parent(*span)) {
                    marked[parent] = true;
                }
            }
            _ => {
                for span in left {
                    let mut above = structure.parent(*span);
                    while let Some(span) = above.filter(|span| !marked[*span]) {
                        marked[span] = true;
                        above = structure.parent(span);
                    }
                }
            }
        }
        Self::Marked(marked)
    }

    fn has(&self, structure: &Structure, span: Index) -> bool {
        match self {
            Self::Marked(marked) => marked[span],
            Self::Siblings(counts, is_left) => structure
                .parent(span)
                .is_some_and(|parent| counts[parent] > u32::from(is_left[span])),
        }
    }
}

/// Which spans have one of the marked above them. Each way upwards is gone until what is known already.
fn below(structure: &Structure, is_left: &[bool]) -> Vec<bool> {
    let mut below = vec![false; is_left.len()];
    let mut known = vec![false; is_left.len()];
    let mut way = Vec::new();
    for start in 0..is_left.len() {
        let mut at = Some(start);
        while let Some(span) = at.filter(|span| !known[*span]) {
            way.push(span);
            at = structure.parent(span);
        }
        let mut above = at.is_some_and(|span| below[span] || is_left[span]);
        while let Some(span) = way.pop() {
            below[span] = above;
            known[span] = true;
            above |= is_left[span];
        }
    }
    below
}
