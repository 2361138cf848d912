//! For each fault: whom it hit, what that cost them, and which traces show it. A typical trace is one whose latency is the
//! median of its cohort.

use std::collections::BTreeMap;
use std::time::Duration;

use faults::truth::{Cohort, FaultAccount, Ledger};
use loadgen::{Ending, Sample};
use trace::{Span, TraceId};

use crate::samples::{Samples, percentile};

/// How many traces stand for a cohort when two are compared: enough to even out chance, few enough to be kept in memory.
const NEAR: usize = 9;

/// What one fault did at one place.
#[derive(Debug, Clone)]
pub struct Story {
    /// Intended and applied.
    pub account: FaultAccount,
    /// The journey in which it struck most; none if it struck in none.
    pub journey: Option<String>,
    /// Whom it struck, whom it left alone, and who suffered with them: each with figures and a typical trace.
    pub groups: Vec<Group>,
}

/// One cohort of a story, all of the story's journey.
#[derive(Debug, Clone)]
pub struct Group {
    /// Which.
    pub name: GroupName,
    /// How many requests.
    pub count: usize,
    /// The median latency from schedule.
    pub p50: Duration,
    /// Its 95th percentile.
    pub p95: Duration,
    /// A typical trace.
    pub trace_id: TraceId,
    /// The traces whose latencies are nearest to the typical one's, itself among them.
    pub near_ids: Vec<TraceId>,
    /// Their spans, of those that the lab got; empty until they have been read.
    pub near: Vec<Vec<Span>>,
    /// Its spans; empty until they have been read, and when the lab never got them.
    pub spans: Vec<Span>,
}

impl Story {
    /// Those whom it cost something, the most first, by the median: of a lock that is held the bystanders, who wait for it.
    #[must_use]
    pub fn by_cost(&self) -> Vec<&Group> {
        let struck = self.groups.iter();
        let mut struck: Vec<&Group> = struck.filter(|group| group.name != GroupName::Healthy).collect();
        struck.sort_by_key(|group| std::cmp::Reverse(group.p50));
        struck
    }

    /// The first of them.
    #[must_use]
    pub fn worst(&self) -> Option<&Group> {
        self.by_cost().first().copied()
    }
}

/// Which cohort of a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupName {
    /// Neither struck nor waiting for those that were.
    Healthy,
    /// Struck by this fault.
    Affected,
    /// Suffering from others' strikes.
    Bystander,
}

impl GroupName {
    /// In one word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Affected => "affected",
            Self::Bystander => "bystander",
        }
    }

    /// Whether a request of that cohort is in this group of the fault's story; without a fault, all are healthy or nothing.
    pub(crate) fn has(self, cohort: &Cohort, account: Option<&FaultAccount>) -> bool {
        match self {
            Self::Healthy => *cohort == Cohort::Healthy,
            Self::Affected => account.is_some_and(|account| struck_by(cohort, account)),
            Self::Bystander => *cohort == Cohort::Bystander,
        }
    }
}

/// Tells the story of each fault.
#[must_use]
pub fn tell(
    accounts: &[FaultAccount],
    ledger: &Ledger,
    samples: &Samples,
    journeys: &[String],
) -> Vec<Story> {
    let cohorts: BTreeMap<u64, Cohort> = ledger
        .cohorts()
        .map(|(sequence, _, cohort)| (sequence, cohort))
        .collect();
    let cohort = |sample: &Sample| cohorts.get(&sample.sequence).unwrap_or(&Cohort::Healthy);
    accounts
        .iter()
        .map(|account| {
            let is_struck = |sample: &&Sample| struck_by(cohort(sample), account);
            let journey = most_struck(samples.iter().filter(is_struck), journeys.len());
            let mut groups = Vec::new();
            if let Some(journey) = journey {
                let of_journey = || samples.iter().filter(|sample| sample.journey == journey);
                let answered = |sample: &&Sample| matches!(sample.ending, Ending::Completed(_));
                groups.extend(group(
                    GroupName::Healthy,
                    of_journey()
                        .filter(answered)
                        .filter(|sample| *cohort(sample) == Cohort::Healthy),
                ));
                groups.extend(group(GroupName::Affected, of_journey().filter(is_struck)));
                if account.bystanders > 0 {
                    let waiting = of_journey().filter(|sample| *cohort(sample) == Cohort::Bystander);
                    groups.extend(group(GroupName::Bystander, waiting));
                }
            }
            Story {
                account: account.clone(),
                journey: journey.and_then(|index| journeys.get(index).cloned()),
                groups,
            }
        })
        .collect()
}

fn struck_by(cohort: &Cohort, account: &FaultAccount) -> bool {
    match cohort {
        Cohort::Affected(faults) => faults
            .iter()
            .any(|(fault, at)| *fault == account.fault && *at == account.at),
        _ => false,
    }
}

fn most_struck<'a>(struck: impl Iterator<Item = &'a Sample>, journeys: usize) -> Option<usize> {
    let mut counts = vec![0_u64; journeys];
    for sample in struck {
        if let Some(count) = counts.get_mut(sample.journey) {
            *count += 1;
        }
    }
    let (journey, count) = counts.into_iter().enumerate().max_by_key(|(_, count)| *count)?;
    (count > 0).then_some(journey)
}

fn group<'a>(name: GroupName, samples: impl Iterator<Item = &'a Sample>) -> Option<Group> {
    let mut samples: Vec<&Sample> = samples.collect();
    let mut latencies: Vec<Duration> = samples
        .iter()
        .map(|sample| sample.latency_from_schedule())
        .collect();
    let (p50, p95) = (
        percentile(&mut latencies, 50.0)?,
        percentile(&mut latencies, 95.0)?,
    );
    samples.sort_by_key(|sample| sample.latency_from_schedule());
    let middle = samples.len().div_ceil(2) - 1;
    let typical = samples.get(middle)?;
    let near = samples.iter().skip(middle.saturating_sub(NEAR / 2)).take(NEAR);
    Some(Group {
        name,
        count: samples.len(),
        p50,
        p95,
        trace_id: TraceId(typical.trace_id),
        near_ids: near.map(|sample| TraceId(sample.trace_id)).collect(),
        near: Vec::new(),
        spans: Vec::new(),
    })
}
