//! How many spans came of each operation, and how long they took: counted when they come, so that the counts only ever
//! go up, whatever is evicted later.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use trace::otlp::scan::Head;
use trace::{SpanId, TraceId};

use super::origins::Origin;

/// The upper bounds of the histograms' buckets in seconds, each twice the one before; one more bucket has no bound.
pub const BOUNDS_SECONDS: [f64; 17] = {
    let mut bounds = [SMALLEST_NS as f64 / 1e9; 17];
    let mut place = 1;
    while place < bounds.len() {
        bounds[place] = bounds[place - 1] * 2.0;
        place += 1;
    }
    bounds
};

const SMALLEST_NS: u64 = 250_000;
const BUCKETS: usize = BOUNDS_SECONDS.len() + 1;

/// How many operations are told apart. Names that have an id in them would otherwise fill memory.
const MOST_SERIES: usize = 2_000;
/// The longest part of a name that is kept.
const NAME_BYTES: usize = 256;
/// What the operations beyond are counted under.
const OTHERS: &str = "(others)";

/// A span that stands for its bucket: the last that fell into it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exemplar {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub seconds: f64,
    /// When it came.
    pub unix_ns: u64,
}

/// The spans of one operation, by service, kind and status.
#[derive(Debug, Clone)]
pub struct Series {
    pub service: Box<str>,
    pub name: Box<str>,
    pub kind: i32,
    pub status: i32,
    /// How many spans fell into each bucket, and no lower one.
    pub buckets: [u64; BUCKETS],
    pub exemplars: [Option<Exemplar>; BUCKETS],
    pub seconds: f64,
    sender: usize,
}

impl Series {
    /// How many spans there were.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    fn is_of(&self, key: Key<'_>) -> bool {
        (self.sender, self.kind, self.status, &*self.name) == key
    }
}

/// The service's place in the counts, kind, status and name.
type Key<'a> = (usize, i32, i32, &'a str);

/// The counts of all operations.
#[derive(Debug, Default)]
pub struct SpanMetrics {
    series: Vec<Series>,
    places: HashTable<u32>,
    hasher: RandomState,
}

impl SpanMetrics {
    /// Counts a span that is new.
    pub fn count(&mut self, origin: &Origin, head: &Head<'_>, unix_ns: u64) {
        let place = self.place(origin, head);
        let Some(series) = self.series.get_mut(place) else {
            return;
        };
        let duration_ns = head.end_unix_ns.saturating_sub(head.start_unix_ns);
        let seconds = duration_ns as f64 / 1e9;
        let bucket = bucket(duration_ns);
        series.buckets[bucket] += 1;
        series.seconds += seconds;
        series.exemplars[bucket] = Some(Exemplar {
            trace_id: head.trace_id,
            span_id: head.span_id,
            seconds,
            unix_ns,
        });
    }

    /// All operations, in the order of their first spans.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    fn place(&mut self, origin: &Origin, head: &Head<'_>) -> usize {
        let name = &head.name[..head.name.floor_char_boundary(NAME_BYTES)];
        let known = |number: i32, most: i32| if (0..=most).contains(&number) { number } else { 0 };
        let key = (
            origin.sender().service(),
            known(head.kind, 5),
            known(head.status, 2),
            name,
        );
        let hash = self.hasher.hash_one(key);
        if let Some(place) = self
            .places
            .find(hash, |place| self.series[*place as usize].is_of(key))
        {
            return *place as usize;
        }
        if self.series.len() >= MOST_SERIES {
            // The last one is what all others share.
            return MOST_SERIES - 1;
        }
        if self.series.len() == MOST_SERIES - 1 {
            self.series.push(series((usize::MAX, 0, 0, OTHERS), OTHERS));
            return MOST_SERIES - 1;
        }
        let place = self.series.len();
        let service = origin.service();
        self.series
            .push(series(key, &service[..service.floor_char_boundary(NAME_BYTES)]));
        let (all, hasher) = (&self.series, &self.hasher);
        self.places.insert_unique(hash, place as u32, |place| {
            let series = &all[*place as usize];
            hasher.hash_one((series.sender, series.kind, series.status, &*series.name))
        });
        place
    }
}

fn series((sender, kind, status, name): Key<'_>, service: &str) -> Series {
    Series {
        service: service.into(),
        name: name.into(),
        kind,
        status,
        buckets: [0; BUCKETS],
        exemplars: [None; BUCKETS],
        seconds: 0.0,
        sender,
    }
}

/// The bucket of a duration: the first whose bound is not below it.
fn bucket(duration_ns: u64) -> usize {
    let smallest = duration_ns.div_ceil(SMALLEST_NS).saturating_sub(1);
    ((u64::BITS - smallest.leading_zeros()) as usize).min(BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_what_is_at_most_its_bound_and_more_than_the_one_before() {
        for (duration_ns, expected) in [
            (0, 0),
            (SMALLEST_NS, 0),
            (SMALLEST_NS + 1, 1),
            (2 * SMALLEST_NS, 1),
            (2 * SMALLEST_NS + 1, 2),
            (SMALLEST_NS << 16, 16),
            ((SMALLEST_NS << 16) + 1, 17),
            (u64::MAX, 17),
        ] {
            assert_eq!(bucket(duration_ns), expected, "{duration_ns}");
            let bound = BOUNDS_SECONDS.get(expected).copied().unwrap_or(f64::INFINITY);
            assert!(duration_ns as f64 / 1e9 <= bound);
        }
    }
}
