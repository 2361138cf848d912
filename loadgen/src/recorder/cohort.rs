//! The requests of one journey that have the same part in a fault.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::Latency;
use super::figures::{CohortName, JourneyFigures, Percentiles};
use crate::{Ending, Sample};

/// Times are kept in whole microseconds, up to an hour, with three significant digits.
const LONGEST_US: u64 = 3_600_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;

/// What is kept of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestFigures {
    pub from_schedule_us: u32,
    pub from_send_us: u32,
    pub failed: bool,
}

impl RequestFigures {
    pub fn of(sample: &Sample) -> Self {
        let from_schedule_us = microseconds(sample.latency_from_schedule());
        Self {
            from_schedule_us,
            // Never beyond it, also after rounding, so that the difference is the lateness.
            from_send_us: microseconds(sample.latency_from_send()).min(from_schedule_us),
            failed: matches!(sample.ending, Ending::Failed(_)),
        }
    }

    fn times(self) -> [u64; 3] {
        let (schedule, send) = (u64::from(self.from_schedule_us), u64::from(self.from_send_us));
        [schedule, send, schedule - send]
    }
}

fn microseconds(duration: Duration) -> u32 {
    // An hour in microseconds fits in 32 bits.
    duration.as_micros().min(u128::from(LONGEST_US)) as u32
}

/// Histograms and counts.
#[derive(Debug, Clone, Default)]
pub struct Cohort {
    histograms: Option<Box<Histograms>>,
    completed: u64,
    failed: u64,
    dropped: u64,
}

/// Latency from schedule, latency from send, lateness.
type Histograms = [Histogram<u64>; 3];

impl Cohort {
    pub fn add(&mut self, figures: RequestFigures) {
        *if figures.failed {
            &mut self.failed
        } else {
            &mut self.completed
        } += 1;
        for (histogram, time) in self
            .histograms
            .get_or_insert_with(new_histograms)
            .iter_mut()
            .zip(figures.times())
        {
            histogram.saturating_record(time);
        }
    }

    /// Takes back requests that were added.
    pub fn subtract(&mut self, taken: &Self) {
        self.completed = self.completed.saturating_sub(taken.completed);
        self.failed = self.failed.saturating_sub(taken.failed);
        let (Some(ours), Some(theirs)) = (&mut self.histograms, &taken.histograms) else {
            return;
        };
        for (histogram, taken) in ours.iter_mut().zip(theirs.iter()) {
            let subtracted = histogram.subtract(taken);
            debug_assert!(subtracted.is_ok(), "what is taken back was added before");
        }
    }

    pub fn add_dropped(&mut self) {
        self.dropped += 1;
    }

    pub fn merge(&mut self, other: &Self) {
        self.completed += other.completed;
        self.failed += other.failed;
        self.dropped += other.dropped;
        if let Some(others) = &other.histograms {
            let ours = self.histograms.get_or_insert_with(new_histograms);
            for (histogram, other) in ours.iter_mut().zip(others.iter()) {
                let added = histogram.add(other);
                debug_assert!(added.is_ok(), "all histograms have the same bounds");
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.completed + self.failed + self.dropped == 0
    }

    pub fn percentile(&self, kind: Latency, percentile: f64) -> Option<Duration> {
        let histogram = &self.histograms.as_ref()?[kind as usize];
        (!histogram.is_empty()).then(|| Duration::from_micros(histogram.value_at_percentile(percentile)))
    }

    pub fn figures(&self, journey: &str, cohort: CohortName) -> JourneyFigures {
        let percentiles = |kind: Latency| {
            self.histograms
                .as_ref()
                .map_or_else(Percentiles::default, |all| Percentiles::of(&all[kind as usize]))
        };
        JourneyFigures {
            journey: journey.to_owned(),
            cohort,
            completed: self.completed,
            failed: self.failed,
            dropped: self.dropped,
            latency_from_schedule_ms: percentiles(Latency::FromSchedule),
            latency_from_send_ms: percentiles(Latency::FromSend),
            lateness_ms: percentiles(Latency::Lateness),
        }
    }

    /// The histograms, each with the ending of its tag; none if no request was recorded.
    pub fn tagged(&self) -> impl Iterator<Item = (&'static str, &Histogram<u64>)> {
        let histograms = self.histograms.iter().flat_map(|histograms| histograms.iter());
        ["", "/send", "/lateness"].into_iter().zip(histograms)
    }
}

fn new_histograms() -> Box<Histograms> {
    Box::new(std::array::from_fn(|_| {
        Histogram::new_with_bounds(1, LONGEST_US, SIGNIFICANT_DIGITS)
            .expect("the bounds are constants that are valid")
    }))
}
