//! How a run is going, for a progress line that another thread draws.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Where the generator writes how it is going; clones are the same place.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Cells>);

#[derive(Debug, Default)]
struct Cells {
    elapsed_ns: AtomicU64,
    due_per_second: AtomicU64,
    in_flight: AtomicU64,
    started: AtomicU64,
    completed: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
    p95_ns: AtomicU64,
}

/// One look at a running load.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Since the start of the load.
    pub elapsed: Duration,
    /// How many requests were due during the last second, started or not.
    pub due_per_second: u64,
    /// Started, not ended.
    pub in_flight: u64,
    /// Started so far.
    pub started: u64,
    /// Answered so far, with a status below 400.
    pub completed: u64,
    /// Failed so far.
    pub failed: u64,
    /// Not started so far.
    pub dropped: u64,
    /// 95th percentile of the latency from schedule during the last two seconds; 0 if no request ended in them.
    pub p95: Duration,
}

impl Progress {
    /// A place that nobody has written to yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How it is going now; at most a few tens of milliseconds old. The figures are not of exactly the same moment.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let cells = &self.0;
        Snapshot {
            elapsed: Duration::from_nanos(cells.elapsed_ns.load(Relaxed)),
            due_per_second: cells.due_per_second.load(Relaxed),
            in_flight: cells.in_flight.load(Relaxed),
            started: cells.started.load(Relaxed),
            completed: cells.completed.load(Relaxed),
            failed: cells.failed.load(Relaxed),
            dropped: cells.dropped.load(Relaxed),
            p95: Duration::from_nanos(cells.p95_ns.load(Relaxed)),
        }
    }

    pub(crate) fn publish(&self, snapshot: &Snapshot) {
        let cells = &self.0;
        cells.elapsed_ns.store(nanoseconds(snapshot.elapsed), Relaxed);
        cells.due_per_second.store(snapshot.due_per_second, Relaxed);
        cells.in_flight.store(snapshot.in_flight, Relaxed);
        cells.started.store(snapshot.started, Relaxed);
        cells.completed.store(snapshot.completed, Relaxed);
        cells.failed.store(snapshot.failed, Relaxed);
        cells.dropped.store(snapshot.dropped, Relaxed);
        cells.p95_ns.store(nanoseconds(snapshot.p95), Relaxed);
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Latencies of this second and the one before, in buckets that are a sixteenth of a power of two wide: enough for a
/// progress line, at 8 KiB and a few nanoseconds a request.
#[derive(Debug)]
pub(crate) struct Recent {
    seconds: [[u32; BUCKETS]; 2],
    current: usize,
}

const BUCKETS: usize = 1_024;

impl Recent {
    pub(crate) fn new() -> Self {
        Self {
            seconds: [[0; BUCKETS]; 2],
            current: 0,
        }
    }

    pub(crate) fn record(&mut self, latency: Duration) {
        let count = &mut self.seconds[self.current][bucket(nanoseconds(latency))];
        *count = count.saturating_add(1);
    }

    /// A second has passed: forgets the one before the last.
    pub(crate) fn rotate(&mut self) {
        self.current = 1 - self.current;
        self.seconds[self.current] = [0; BUCKETS];
    }

    pub(crate) fn p95(&self) -> Duration {
        let counts = || {
            self.seconds[0]
                .iter()
                .zip(&self.seconds[1])
                .map(|(one, other)| u64::from(*one) + u64::from(*other))
        };
        let total: u64 = counts().sum();
        let wanted = (total * 95).div_ceil(100).max(1);
        let mut seen = 0;
        let index = counts().position(|count| {
            seen += count;
            seen >= wanted
        });
        index.map_or(Duration::ZERO, |index| Duration::from_nanos(lower_bound(index)))
    }
}

/// The exponent and the four bits that follow the leading one. Sixteen nanoseconds are the least that is told apart.
fn bucket(value: u64) -> usize {
    let value = value.max(16);
    let exponent = 63 - value.leading_zeros() as usize;
    exponent * 16 + ((value >> (exponent - 4)) as usize & 15)
}

fn lower_bound(bucket: usize) -> u64 {
    let (exponent, mantissa) = (bucket / 16, bucket as u64 % 16);
    if exponent < 4 {
        0
    } else {
        (16 + mantissa) << (exponent - 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_in_order_and_narrow() {
        for value in [16, 17, 31, 32, 1_000, 123_456_789, u64::MAX / 2, u64::MAX] {
            let low = lower_bound(bucket(value));
            assert!(
                low <= value && value - low <= value / 16,
                "{value} is in the bucket from {low}"
            );
        }
        assert!(bucket(u64::MAX) < BUCKETS);
    }

    #[test]
    fn the_percentile_is_of_the_last_two_seconds() {
        let mut recent = Recent::new();
        assert_eq!(recent.p95(), Duration::ZERO);
        (1..=100).for_each(|ms| recent.record(Duration::from_millis(ms)));
        let p95 = recent.p95().as_millis();
        assert!((88..=95).contains(&p95), "{p95}");
        recent.rotate();
        assert_ne!(recent.p95(), Duration::ZERO);
        recent.rotate();
        assert_eq!(recent.p95(), Duration::ZERO);
    }
}
