//! The requests of a run as they ended, as many as are kept in mind: from them come the latencies of one fault's cohorts, and
//! the traces that are shown as typical.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use faults::truth::Outcome;
use loadgen::{Ending, Observer, Sample};

/// How many of the last requests are kept, at about 100 bytes each.
const LIMIT: usize = 200_000;

/// The last requests of a run.
#[derive(Debug, Default)]
pub struct Samples {
    kept: VecDeque<Sample>,
    forgotten: u64,
    first_answer: Option<Duration>,
}

impl Samples {
    /// Those that are still known, in the order in which they ended; the warm-up is left out.
    pub fn iter(&self) -> impl Iterator<Item = &Sample> {
        self.kept.iter()
    }

    /// When the first answer came, from the start of the load, the warm-up included.
    pub fn first_answer(&self) -> Option<Duration> {
        self.first_answer
    }

    /// How many were forgotten, because memory is bounded.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

impl Observer for Samples {
    fn finished(&mut self, sample: &Sample) {
        self.first_answer.get_or_insert(sample.done);
        if sample.warm_up {
            return;
        }
        if self.kept.len() == LIMIT {
            self.kept.pop_front();
            self.forgotten += 1;
        }
        self.kept.push_back(*sample);
    }
}

/// How each request ended that a fault had picked, by its number in the plan.
#[derive(Debug, Default)]
pub struct Picked(pub HashMap<u64, PickedEnding>);

/// How a picked request ended, and when it was due, which decides whose windows it fell into.
#[derive(Debug)]
pub struct PickedEnding {
    /// From the start of the load.
    pub due: Duration,
    /// Who sent it, as an index into the plan's users, in the closed model.
    pub user: Option<usize>,
    /// How it ended.
    pub outcome: Outcome,
}

impl Observer for Picked {
    fn finished(&mut self, sample: &Sample) {
        if sample.picked {
            let outcome = match sample.ending {
                Ending::Completed(_) => Outcome::Completed,
                Ending::Failed(failure) => Outcome::Failed(failure.to_string()),
                Ending::Aborted => Outcome::Aborted,
            };
            self.0.insert(
                sample.sequence,
                PickedEnding {
                    due: sample.due,
                    user: sample.user,
                    outcome,
                },
            );
        }
    }
}

/// The value below or at which a share of the values lies (the nearest-rank method); none of no values.
pub fn percentile(values: &mut [Duration], percent: f64) -> Option<Duration> {
    values.sort_unstable();
    let rank = (percent / 100.0 * values.len() as f64).ceil() as usize;
    values.get(rank.clamp(1, values.len().max(1)) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let mut values: Vec<Duration> = (1..=10).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&mut values, 50.0), Some(Duration::from_millis(5)));
        assert_eq!(percentile(&mut values, 95.0), Some(Duration::from_millis(10)));
        assert_eq!(percentile(&mut values, 0.0), Some(Duration::from_millis(1)));
        assert_eq!(percentile(&mut [], 50.0), None);
    }
}
