//! The figures of a run: histograms and counts per journey and cohort, in memory that does not grow with the run.
//!
//! Latencies are those of every request that ended by itself, answered or failed: to leave out the failed ones would hide
//! those that waited longest. Requests that were due during the warm-up are in no figure here.

mod cohort;
mod figures;
mod log;
mod memory;

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use cohort::Cohort;
pub use figures::{CohortName, JourneyFigures, Percentiles};
use hdrhistogram::Histogram;
use memory::Memory;

use crate::{Dropped, Ending, Observer, Sample};

/// Records samples as they come, and answers for them afterwards.
#[derive(Debug)]
pub struct Recorder {
    journeys: Vec<Cohorts>,
    /// Requests that may turn out to be bystanders, or struck.
    memory: Memory,
}

#[derive(Debug)]
struct Cohorts {
    name: String,
    healthy: Cohort,
    affected: Cohort,
    bystander: Cohort,
}

/// Some requests could not be told from healthy ones any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reclassified {
    /// How many requests are now in their cohort.
    pub moved: u64,
    /// How many were not found: picked themselves, due during the warm-up, never ended, or forgotten.
    pub not_found: u64,
    /// How many requests had to be forgotten, of all that were not picked, since memory is bounded.
    pub forgotten: u64,
}

/// How many requests a recorder remembers at most, at 24 bytes each.
pub const MEMORY_LIMIT: usize = 1_000_000;

impl Recorder {
    /// A recorder for these journeys, by name, in the order of the plan's. `remember` says how many of the last requests
    /// are kept in mind until it is known who was a bystander: 0 if no fault has any, [`MEMORY_LIMIT`] at most.
    pub fn new(journeys: impl IntoIterator<Item = String>, remember: usize) -> Self {
        let cohorts = |name| Cohorts {
            name,
            healthy: Cohort::default(),
            affected: Cohort::default(),
            bystander: Cohort::default(),
        };
        Self {
            journeys: journeys.into_iter().map(cohorts).collect(),
            memory: Memory::new(remember.min(MEMORY_LIMIT)),
        }
    }

    /// Moves these requests, by their numbers in the plan, from the healthy to the bystanders.
    pub fn reclassify(&mut self, bystanders: HashSet<u64>) -> Reclassified {
        self.move_out(bystanders, |cohorts| &mut cohorts.bystander)
    }

    /// Moves these requests, by their numbers in the plan, from the healthy to the affected: no plan had picked them, and a fault
    /// that was set for a time struck them.
    pub fn reclassify_affected(&mut self, affected: HashSet<u64>) -> Reclassified {
        self.move_out(affected, |cohorts| &mut cohorts.affected)
    }

    fn move_out(&mut self, mut wanted: HashSet<u64>, to: fn(&mut Cohorts) -> &mut Cohort) -> Reclassified {
        let asked = wanted.len() as u64;
        let mut moved: Vec<Cohort> = self.journeys.iter().map(|_| Cohort::default()).collect();
        self.memory.retain(|entry| {
            let is_wanted = wanted.remove(&entry.sequence);
            if is_wanted {
                moved[usize::from(entry.journey)].add(entry.figures);
            }
            !is_wanted
        });
        for (cohorts, moved) in self.journeys.iter_mut().zip(&moved) {
            cohorts.healthy.subtract(moved);
            to(cohorts).merge(moved);
        }
        let not_found = wanted.len() as u64;
        Reclassified {
            moved: asked - not_found,
            not_found,
            forgotten: self.memory.forgotten(),
        }
    }

    /// The name of the journey that samples refer to by this index.
    #[must_use]
    pub fn journey_name(&self, index: usize) -> Option<&str> {
        self.journeys.get(index).map(|cohorts| cohorts.name.as_str())
    }

    /// The figures, journey by journey: `all` first, then the cohorts that had a request. Of the bystanders, those that
    /// were reclassified before.
    #[must_use]
    pub fn journeys(&self) -> Vec<JourneyFigures> {
        let mut figures = Vec::new();
        for cohorts in &self.journeys {
            let mut all = cohorts.healthy.clone();
            all.merge(&cohorts.affected);
            all.merge(&cohorts.bystander);
            figures.push(all.figures(&cohorts.name, CohortName::All));
            for (name, cohort) in cohorts.named() {
                if !cohort.is_empty() {
                    figures.push(cohort.figures(&cohorts.name, name));
                }
            }
        }
        figures
    }

    /// A value of one cohort, below or at which `percentile` per cent of the latencies lie; none if it had no request.
    #[must_use]
    pub fn percentile(
        &self,
        journey: &str,
        cohort: CohortName,
        kind: Latency,
        percentile: f64,
    ) -> Option<Duration> {
        let cohorts = self.journeys.iter().find(|cohorts| cohorts.name == journey)?;
        let mut all = Cohort::default();
        for (name, part) in cohorts.named() {
            if cohort == CohortName::All || cohort == name {
                all.merge(part);
            }
        }
        all.percentile(kind, percentile)
    }

    /// Writes everything as an HdrHistogram log, in microseconds: a histogram of the latency from schedule for each
    /// journey and cohort, tagged `JOURNEY/COHORT`, and those of the latency from send and of the lateness, tagged
    /// `JOURNEY/COHORT/send` and `JOURNEY/COHORT/lateness`. `started` and `duration` are the load's.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_hlog(&self, path: &Path, started: SystemTime, duration: Duration) -> io::Result<()> {
        let histograms = self.journeys.iter().flat_map(Cohorts::tagged);
        log::write(path, started, duration, histograms)
    }
}

impl Cohorts {
    fn named(&self) -> [(CohortName, &Cohort); 3] {
        [
            (CohortName::Healthy, &self.healthy),
            (CohortName::Affected, &self.affected),
            (CohortName::Bystander, &self.bystander),
        ]
    }

    /// All histograms, with their tags.
    fn tagged(&self) -> impl Iterator<Item = (String, &Histogram<u64>)> {
        self.named().into_iter().flat_map(move |(name, cohort)| {
            let tag = format!("{}/{}", self.name, name.as_str());
            cohort
                .tagged()
                .map(move |(suffix, histogram)| (format!("{tag}{suffix}"), histogram))
        })
    }
}

/// Which of the times of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Latency {
    /// From when it was due to its end.
    FromSchedule,
    /// From when it was sent to its end.
    FromSend,
    /// From when it was due to when it was sent.
    Lateness,
}

impl Observer for Recorder {
    fn finished(&mut self, sample: &Sample) {
        if sample.warm_up || sample.ending == Ending::Aborted {
            return;
        }
        let figures = cohort::RequestFigures::of(sample);
        let cohorts = &mut self.journeys[sample.journey];
        if sample.picked {
            cohorts.affected.add(figures);
        } else {
            cohorts.healthy.add(figures);
            self.memory.keep(sample.sequence, sample.journey, figures);
        }
    }

    fn dropped(&mut self, dropped: &Dropped) {
        if dropped.warm_up {
            return;
        }
        let cohorts = &mut self.journeys[dropped.journey];
        let cohort = if dropped.picked {
            &mut cohorts.affected
        } else {
            &mut cohorts.healthy
        };
        cohort.add_dropped();
    }
}

#[cfg(test)]
mod tests;
