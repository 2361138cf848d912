//! Who called whom: the spans of one trace as a tree, whatever shape they arrived in.
//!
//! Parents that are missing, that are the span itself, that form a cycle or that exist twice are named as
//! [`Irregularity`], and the tree is built all the same, the same one in whatever order the spans came. Nothing recurses.

mod build;
#[cfg(test)]
mod tests;

use crate::model::Span;

/// A position in the list of spans that a tree was built of.
pub type Index = usize;

/// Why a span stands where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It names no parent.
    Root,
    /// It is below its parent.
    Child,
    /// It names a parent that is not here: lost, late, sampled away, or broken propagation.
    Orphan,
    /// It names itself as its parent.
    OwnParent,
    /// It is one of a ring of spans that name one another; the ring is cut at its earliest span.
    Ring,
    /// The very same span is here already, at this position. It is left out of the tree.
    Duplicate(Index),
}

/// Something about a span that a well-formed trace does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Irregularity {
    /// The standing, if it is neither root nor child.
    Standing(Standing),
    /// Another span, at this position, has the same id and is not the same span.
    SharedId(Index),
    /// It ends before it starts; its duration counts as 0.
    EndsBeforeStart,
    /// It starts before its parent does: its clock differs.
    StartsBeforeParent,
    /// It starts when its parent has ended already: nobody waited for it, or its clock differs.
    StartsAfterParent,
}

/// The spans of one trace and who is below whom.
#[derive(Debug, Clone)]
pub struct Tree<'a> {
    spans: &'a [Span],
    standing: Vec<Standing>,
    parents: Vec<Option<Index>>,
    roots: Vec<Index>,
    /// All children, those of one parent next to one another, by start.
    children: Vec<Index>,
    /// Where in `children` those of each span begin, and one more for the end.
    offsets: Vec<usize>,
    shared: Vec<(Index, Index)>,
}

impl<'a> Tree<'a> {
    /// Builds the tree of spans that are all of one trace.
    pub fn of(spans: &'a [Span]) -> Self {
        build::build(spans)
    }

    /// The spans that it was built of.
    pub fn spans(&self) -> &'a [Span] {
        self.spans
    }

    /// The span at a position.
    pub fn span(&self, index: Index) -> &'a Span {
        &self.spans[index]
    }

    /// The spans with nothing above them, by start: roots, orphans, and where rings are cut.
    pub fn roots(&self) -> &[Index] {
        &self.roots
    }

    /// The root that the trace is named after: the first that names no parent, or else the first of all.
    pub fn root(&self) -> Option<Index> {
        let named = self
            .roots
            .iter()
            .find(|root| self.standing[**root] == Standing::Root);
        named.or(self.roots.first()).copied()
    }

    /// The span above this one.
    pub fn parent(&self, index: Index) -> Option<Index> {
        self.parents[index]
    }

    /// The spans below this one, by start.
    pub fn children(&self, index: Index) -> &[Index] {
        &self.children[self.offsets[index]..self.offsets[index + 1]]
    }

    /// Why this span stands where it stands.
    pub fn standing(&self, index: Index) -> Standing {
        self.standing[index]
    }

    /// The spans of the tree, parents before their children, each followed by all that is below it.
    pub fn depth_first(&self) -> impl Iterator<Item = Index> + '_ {
        let mut waiting: Vec<Index> = self.roots.iter().rev().copied().collect();
        std::iter::from_fn(move || {
            let next = waiting.pop()?;
            waiting.extend(self.children(next).iter().rev());
            Some(next)
        })
    }

    /// All that is irregular, by span.
    pub fn irregularities(&self) -> Vec<(Index, Irregularity)> {
        let mut found = Vec::new();
        for (index, span) in self.spans.iter().enumerate() {
            if !matches!(self.standing[index], Standing::Root | Standing::Child) {
                found.push((index, Irregularity::Standing(self.standing[index])));
            }
            if span.end_unix_ns < span.start_unix_ns {
                found.push((index, Irregularity::EndsBeforeStart));
            }
            let Some(parent) = self.parents[index].map(|parent| &self.spans[parent]) else {
                continue;
            };
            if span.start_unix_ns < parent.start_unix_ns {
                found.push((index, Irregularity::StartsBeforeParent));
            } else if span.start_unix_ns >= parent.end_unix_ns && parent.duration_ns() > 0 {
                found.push((index, Irregularity::StartsAfterParent));
            }
        }
        found.extend(
            self.shared
                .iter()
                .map(|(index, other)| (*index, Irregularity::SharedId(*other))),
        );
        found.sort_by_key(|(index, _)| *index);
        found
    }
}
