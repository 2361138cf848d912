//! From the monotonic clock to the wall clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// One reading of both clocks, taken together.
///
/// A span's start and end are monotonic readings that are mapped through one anchor, so that a wall clock that steps in
/// between bends no duration.
#[derive(Debug, Clone, Copy)]
pub struct Anchor {
    instant: Instant,
    unix_ns: u64,
}

impl Anchor {
    /// Reads both clocks now.
    #[must_use]
    pub fn now() -> Self {
        let before = Instant::now();
        let unix_ns = unix_ns();
        // The wall clock was read between two readings of the other one: the middle is the best guess.
        let instant = before + before.elapsed() / 2;
        Self { instant, unix_ns }
    }

    /// That moment, in nanoseconds since the Unix epoch.
    #[must_use]
    pub fn unix_ns(&self, at: Instant) -> u64 {
        match at.checked_duration_since(self.instant) {
            Some(later) => self.unix_ns.saturating_add(nanoseconds(later)),
            None => self
                .unix_ns
                .saturating_sub(nanoseconds(self.instant.duration_since(at))),
        }
    }
}

/// The wall clock, in nanoseconds since the Unix epoch; 0 for a clock that is set before it.
#[must_use]
pub fn unix_ns() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, nanoseconds)
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_survive_the_mapping() {
        let anchor = Anchor::now();
        let start = Instant::now();
        let end = start + Duration::from_nanos(1_234_567);
        assert_eq!(anchor.unix_ns(end) - anchor.unix_ns(start), 1_234_567);
    }

    #[test]
    fn a_moment_before_the_anchor_maps_too() {
        let start = Instant::now();
        let anchor = Anchor::now();
        assert!(anchor.unix_ns(start) <= anchor.unix_ns);
    }

    #[test]
    fn the_anchor_agrees_with_the_wall_clock() {
        let anchor = Anchor::now();
        let difference = unix_ns().abs_diff(anchor.unix_ns(Instant::now()));
        assert!(difference < 1_000_000_000, "{difference} ns apart");
    }
}
