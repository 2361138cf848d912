//! How a run went over time: requests, failures and latency, in steps.

use std::time::Duration;

use loadgen::{Ending, Sample};
use serde::Serialize;

use crate::samples::percentile;

/// The most steps: a chart has no more columns that one can tell apart.
const STEPS: u128 = 240;
/// No step is shorter than this, so that a percentile is of more than a few requests.
const SHORTEST_MS: u128 = 250;

/// A run in steps of equal length, by when requests were due.
#[derive(Debug, Default, Serialize)]
pub struct Timeline {
    /// The length of a step.
    pub step_ms: u64,
    /// Requests that ended, for each step.
    pub requests: Vec<u64>,
    /// Those of them that failed.
    pub failed: Vec<u64>,
    /// The median latency from schedule; none where no request ended.
    pub p50_ms: Vec<Option<f64>>,
    /// The 95th percentile.
    pub p95_ms: Vec<Option<f64>>,
    /// The longest.
    pub max_ms: Vec<Option<f64>>,
}

impl Timeline {
    /// Of all samples that are due within `length`.
    pub fn of<'a>(samples: impl Iterator<Item = &'a Sample>, length: Duration) -> Self {
        let length = length.as_millis().max(1);
        let step = length
            .div_ceil(STEPS)
            .max(SHORTEST_MS)
            .next_multiple_of(SHORTEST_MS);
        let steps = usize::try_from(length.div_ceil(step)).unwrap_or(0);
        let mut latencies: Vec<Vec<Duration>> = vec![Vec::new(); steps];
        let mut timeline = Self {
            step_ms: u64::try_from(step).unwrap_or(u64::MAX),
            requests: vec![0; steps],
            failed: vec![0; steps],
            ..Self::default()
        };
        for sample in samples {
            let place = usize::try_from(sample.due.as_millis() / step).unwrap_or(usize::MAX);
            let Some(latencies) = latencies.get_mut(place) else {
                continue;
            };
            latencies.push(sample.latency_from_schedule());
            timeline.requests[place] += 1;
            timeline.failed[place] += u64::from(matches!(sample.ending, Ending::Failed(_)));
        }
        for mut latencies in latencies {
            let mut of = |percent| percentile(&mut latencies, percent).map(milliseconds);
            timeline.p50_ms.push(of(50.0));
            timeline.p95_ms.push(of(95.0));
            timeline.max_ms.push(of(100.0));
        }
        timeline
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(due_ms: u64, latency_ms: u64) -> Sample {
        Sample {
            sequence: due_ms,
            journey: 0,
            user: None,
            trace_id: [1; 16],
            span_id: [1; 8],
            picked: false,
            warm_up: false,
            due: Duration::from_millis(due_ms),
            sent: Duration::from_millis(due_ms),
            done: Duration::from_millis(due_ms + latency_ms),
            ending: Ending::Completed(200),
        }
    }

    #[test]
    fn requests_are_counted_in_the_step_in_which_they_were_due() {
        let samples = [sample(0, 10), sample(240, 30), sample(600, 5), sample(99_000, 5)];
        let timeline = Timeline::of(samples.iter(), Duration::from_secs(1));
        assert_eq!(
            (timeline.step_ms, timeline.requests.as_slice()),
            (250, &[2, 0, 1, 0][..])
        );
        assert_eq!(timeline.p95_ms, [Some(30.0), None, Some(5.0), None]);
    }

    #[test]
    fn a_long_run_has_no_more_steps_than_a_chart_has_columns() {
        let timeline = Timeline::of(std::iter::empty(), Duration::from_secs(86_400));
        assert!(timeline.requests.len() <= 240);
    }
}
