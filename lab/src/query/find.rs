//! Finding traces by simple conditions, as Jaeger's and Zipkin's pages ask for them, and the names to ask with.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::ops::RangeInclusive;

use trace::TraceId;

use super::work::{Stopped, Watch, newest_first};
use crate::ingest::Lab;
use crate::store::TraceSpans;

/// The most names of one sort that are told.
pub const MOST_NAMES: usize = 10_000;

/// The traces that match and overlap a time, those that started last first, at most `limit` of them.
pub fn traces(
    lab: &Lab,
    watch: &Watch,
    limit: usize,
    time: RangeInclusive<u64>,
    mut matches: impl FnMut(&TraceSpans) -> bool,
) -> Result<Vec<TraceId>, Stopped> {
    let mut latest = Latest::new(limit);
    newest_first(lab, watch, |trace| {
        if overlaps(trace, &time) && latest.wants(trace) && matches(trace) {
            latest.add(trace, ());
        }
        Ok(())
    })?;
    Ok(latest.into_sorted().into_iter().map(|(id, ())| id).collect())
}

/// Whether any of a trace's spans may lie in a time.
pub fn overlaps(trace: &TraceSpans, time: &RangeInclusive<u64>) -> bool {
    trace.start_unix_ns() <= *time.end() && trace.end_unix_ns() >= *time.start()
}

/// The traces that started last, of those that were added.
pub struct Latest<T> {
    limit: usize,
    heap: BinaryHeap<Reverse<Found<T>>>,
}

struct Found<T> {
    start_unix_ns: u64,
    id: TraceId,
    with: T,
}

impl<T> Found<T> {
    fn key(&self) -> (u64, TraceId) {
        (self.start_unix_ns, self.id)
    }
}

impl<T> PartialEq for Found<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Found<T> {}

impl<T> PartialOrd for Found<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Found<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl<T> Latest<T> {
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            heap: BinaryHeap::new(),
        }
    }

    /// Whether a trace would be among them, so that one that would not need not be looked at.
    pub fn wants(&self, trace: &TraceSpans) -> bool {
        self.heap.len() < self.limit
            || self
                .heap
                .peek()
                .is_some_and(|Reverse(earliest)| earliest.key() < (trace.start_unix_ns(), trace.id()))
    }

    /// Adds a trace with what is known of it.
    pub fn add(&mut self, trace: &TraceSpans, with: T) {
        self.heap.push(Reverse(Found {
            start_unix_ns: trace.start_unix_ns(),
            id: trace.id(),
            with,
        }));
        if self.heap.len() > self.limit {
            self.heap.pop();
        }
    }

    /// The last first.
    pub fn into_sorted(self) -> Vec<(TraceId, T)> {
        let sorted = self.heap.into_sorted_vec();
        sorted
            .into_iter()
            .map(|Reverse(found)| (found.id, found.with))
            .collect()
    }
}

/// The services whose spans are here.
pub fn services(lab: &Lab) -> BTreeSet<String> {
    let store = lab.store();
    let names = store.origins().map(|origin| origin.service());
    names
        .take(MOST_NAMES)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The operations with their kinds of the services that `of` names.
pub fn operations(
    lab: &Lab,
    watch: &Watch,
    of: impl Fn(&str) -> bool,
) -> Result<BTreeSet<(String, i32)>, Stopped> {
    let mut found: BTreeSet<(String, i32)> = BTreeSet::new();
    let mut last = (String::new(), -1);
    newest_first(lab, watch, |trace| {
        if !trace.spans_by_origin().any(|(origin, _)| of(origin.service())) {
            return Ok(());
        }
        for span in trace.iter().filter(|span| of(span.origin.service())) {
            let basics = span.basics();
            // Spans of one operation tend to follow one another.
            if (last.0.as_str(), last.1) == (basics.name, basics.kind) || found.len() >= MOST_NAMES {
                continue;
            }
            last = (basics.name.to_owned(), basics.kind);
            found.insert(last.clone());
        }
        Ok(())
    })?;
    Ok(found)
}
