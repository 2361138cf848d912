//! Building the tree: find each span's parent, cut rings, then sort children below their parents.

use std::collections::HashMap;

use super::{Index, Standing, Tree};
use crate::id::SpanId;
use crate::model::{Kind, Span};

pub fn build(spans: &[Span]) -> Tree<'_> {
    let mut order: Vec<Index> = (0..spans.len()).collect();
    order.sort_by_key(|index| position(&spans[*index], *index));
    let mut holders = Holders::of(spans, &order);
    let (mut standing, mut parents) = (vec![Standing::Child; spans.len()], vec![None; spans.len()]);
    for index in 0..spans.len() {
        (standing[index], parents[index]) = match holders.duplicates.get(&index) {
            Some(first) => (Standing::Duplicate(*first), None),
            None => holders.parent(spans, index),
        };
    }
    cut_rings(&order, &mut standing, &mut parents);

    let mut roots = Vec::new();
    let mut offsets = vec![0; spans.len() + 1];
    for index in &order {
        match parents[*index] {
            Some(parent) => offsets[parent + 1] += 1,
            None if matches!(standing[*index], Standing::Duplicate(_)) => {}
            None => roots.push(*index),
        }
    }
    for index in 0..spans.len() {
        offsets[index + 1] += offsets[index];
    }
    let mut next = offsets.clone();
    let mut children = vec![0; offsets[spans.len()]];
    for index in &order {
        if let Some(parent) = parents[*index] {
            children[next[parent]] = *index;
            next[parent] += 1;
        }
    }
    let shared = std::mem::take(&mut holders.shared);
    Tree {
        spans,
        standing,
        parents,
        roots,
        children,
        offsets,
        shared,
    }
}

/// What spans are ordered by: time first, and then whatever does not depend on the order of arrival.
fn position(span: &Span, index: Index) -> (u64, std::cmp::Reverse<u64>, SpanId, Kind, Index) {
    (
        span.start_unix_ns,
        std::cmp::Reverse(span.end_unix_ns),
        span.span_id,
        span.kind,
        index,
    )
}

/// Which spans hold which id.
struct Holders {
    /// The holder under which children of an id go.
    adopters: HashMap<SpanId, Index>,
    /// A server's span that has its client's id, by position of the server, as Zipkin's libraries send it.
    clients: HashMap<Index, Index>,
    /// Spans that are here twice, with the first of them.
    duplicates: HashMap<Index, Index>,
    /// Spans that share their id with a different one.
    shared: Vec<(Index, Index)>,
}

impl Holders {
    fn of(spans: &[Span], order: &[Index]) -> Self {
        let mut adopters: HashMap<SpanId, Index> = HashMap::with_capacity(spans.len());
        let mut several: HashMap<SpanId, Vec<Index>> = HashMap::new();
        for index in order {
            let id = spans[*index].span_id;
            match adopters.get(&id) {
                None => drop(adopters.insert(id, *index)),
                Some(first) => several.entry(id).or_insert_with(|| vec![*first]).push(*index),
            }
        }
        let mut holders = Self {
            adopters,
            clients: HashMap::new(),
            duplicates: HashMap::new(),
            shared: Vec::new(),
        };
        for (id, indices) in several {
            holders.settle(spans, id, &indices);
        }
        holders
    }

    /// Sorts out the holders of one id, the earliest first.
    fn settle(&mut self, spans: &[Span], id: SpanId, indices: &[Index]) {
        let mut different: Vec<Index> = Vec::new();
        for index in indices {
            // Thousands of different spans with one id are compared with the first few only: hostile, not a trace.
            match different
                .iter()
                .take(16)
                .find(|other| spans[**other] == spans[*index])
            {
                Some(first) => drop(self.duplicates.insert(*index, *first)),
                None => different.push(*index),
            }
        }
        let of_kind = |kind| different.iter().copied().find(|index| spans[*index].kind == kind);
        if let (Some(client), Some(server)) = (of_kind(Kind::CLIENT), of_kind(Kind::SERVER)) {
            self.clients.insert(server, client);
            self.adopters.insert(id, server);
        }
        self.shared
            .extend(different.iter().skip(1).map(|index| (*index, different[0])));
    }

    fn parent(&self, spans: &[Span], index: Index) -> (Standing, Option<Index>) {
        if let Some(client) = self.clients.get(&index) {
            return (Standing::Child, Some(*client));
        }
        let span = &spans[index];
        match span.parent() {
            None => (Standing::Root, None),
            Some(id) if id == span.span_id => (Standing::OwnParent, None),
            Some(id) => match self.adopters.get(&id) {
                Some(parent) => (Standing::Child, Some(*parent)),
                None => (Standing::Orphan, None),
            },
        }
    }
}

/// Follows each span upwards once; a way that comes back to itself is a ring, cut above its earliest span.
fn cut_rings(order: &[Index], standing: &mut [Standing], parents: &mut [Option<Index>]) {
    let mut rank = vec![0; parents.len()];
    for (position, index) in order.iter().enumerate() {
        rank[*index] = position;
    }
    // 0 is not yet seen; otherwise the number of the walk that saw it.
    let mut seen = vec![0; parents.len()];
    for (walk, start) in order.iter().enumerate() {
        let walk = walk + 1;
        let mut at = Some(*start);
        while let Some(index) = at {
            if seen[index] != 0 {
                break;
            }
            seen[index] = walk;
            at = parents[index];
        }
        let Some(met) = at.filter(|index| seen[*index] == walk) else {
            continue;
        };
        let mut ring = vec![met];
        let mut next = parents[met];
        while let Some(index) = next.filter(|index| *index != met) {
            ring.push(index);
            next = parents[index];
        }
        let earliest = ring.into_iter().min_by_key(|index| rank[*index]).unwrap_or(met);
        standing[earliest] = Standing::Ring;
        parents[earliest] = None;
    }
}
