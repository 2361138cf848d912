//! A run beside the same plan with the healthy code: what the fix would win, for the very requests that the fault struck.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use scenarios::adjust::{self, Adjustment};
use scenarios::model::Scenario;
use serde::Serialize;
use trace::{Span, TraceId};

use crate::recorded::{self, Wanted};
use crate::run::Finished;
use crate::samples::percentile;
use crate::stories::{GroupName, Story};
use crate::summary::Summary;
use crate::{Failure, report};

/// The name and version of the schema of `--fixed --format json`.
pub const SCHEMA: &str = "faultmart.fixed/1";

/// Both runs and what lies between them.
#[derive(Debug, Serialize)]
pub struct Fixed<'a> {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The run with the faults.
    pub faulty: &'a Summary,
    /// The run without.
    pub fixed: &'a Summary,
    /// The same requests in both.
    pub comparison: Vec<Row>,
}

/// One cohort of one fault: the same requests, by their numbers in the plan, in both runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The fault.
    pub fault: String,
    /// Where it struck.
    pub at: String,
    /// The journey in which it struck most.
    pub journey: String,
    /// `affected`, `bystander` or `healthy`, by what they were in the run with the faults.
    pub cohort: &'static str,
    /// How many were answered in both runs.
    pub requests: usize,
    /// With the faults.
    pub faulty_ms: Figures,
    /// Without.
    pub fixed_ms: Figures,
}

/// Latency from schedule, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figures {
    /// The median.
    pub p50: f64,
    /// The 95th percentile.
    pub p95: f64,
}

/// The same scenario without its faults. The plan stays the same, since what one part of it draws depends on no other.
#[must_use]
pub fn healthy(scenario: &Scenario) -> Scenario {
    let mut scenario = scenario.clone();
    scenario.title.push_str(", fixed");
    let adjustment = Adjustment {
        no_faults: true,
        ..Adjustment::default()
    };
    // Taking all faults out names none that could be wrong.
    let _ = adjust::adjust(&mut scenario, &adjustment, &faults::vocabulary::Catalogue);
    scenario
}

impl<'a> Fixed<'a> {
    /// Compares the two, request by request.
    #[must_use]
    pub fn of(faulty: &'a Finished, fixed: &'a Finished) -> Self {
        Self {
            schema: SCHEMA,
            faulty: &faulty.summary,
            fixed: &fixed.summary,
            comparison: compare(faulty, fixed),
        }
    }
}

/// What the fix did for those whom one fault cost something: the same requests with the healthy code.
#[derive(Debug)]
pub struct Mended {
    /// The id of the run with the healthy code.
    pub run: String,
    /// Of which cohort the traces are: those whom it cost most.
    pub who: Option<GroupName>,
    /// Each cohort, before and after.
    pub rows: Vec<Row>,
    /// The trace of the request whose trace is typical of them; none if it was not answered.
    pub typical: Option<(TraceId, Vec<Span>)>,
    /// The traces of the requests that are nearest to it, of those that there are.
    pub near: Vec<Vec<Span>>,
}

impl Fixed<'_> {
    /// Writes the report of the faulty run anew, with what the fix did for those whom each fault struck.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when the traces of the fixed run cannot be read, or the report not be written.
    pub fn write_report(&self, faulty: &Finished, fixed: &Finished) -> Result<(), Failure> {
        let counterpart = counterparts(faulty, fixed);
        let wanted = Wanted {
            traces: counterpart.values().copied().collect(),
            ..Wanted::default()
        };
        let traces = recorded::read(fixed.folder.path(), &wanted)?.traces;
        let spans = |id: &TraceId| {
            let id = *counterpart.get(id)?;
            Some((id, traces.get(&id)?.clone()))
        };
        let mended: Vec<Mended> = faulty
            .stories
            .iter()
            .map(|story| {
                let worst = story.worst();
                Mended {
                    run: fixed.summary.run.id.clone(),
                    who: worst.map(|group| group.name),
                    rows: self.rows_of(story).cloned().collect(),
                    typical: worst.and_then(|group| spans(&group.trace_id)),
                    near: worst
                        .into_iter()
                        .flat_map(|group| &group.near_ids)
                        .filter_map(|id| Some(spans(id)?.1))
                        .collect(),
                }
            })
            .collect();
        report::write(faulty, &mended)
    }

    fn rows_of(&self, story: &Story) -> impl Iterator<Item = &Row> {
        let account = &story.account;
        self.comparison
            .iter()
            .filter(move |row| row.fault == account.fault && row.at == account.at)
    }
}

/// By the typical traces of those whom a fault cost most, those of the same requests in the fixed run.
fn counterparts(faulty: &Finished, fixed: &Finished) -> HashMap<TraceId, TraceId> {
    let near: HashSet<TraceId> = faulty
        .stories
        .iter()
        .filter_map(Story::worst)
        .flat_map(|group| group.near_ids.iter().copied())
        .collect();
    let before: HashMap<u64, TraceId> = faulty
        .samples
        .iter()
        .map(|sample| (sample.sequence, TraceId(sample.trace_id)))
        .filter(|(_, id)| near.contains(id))
        .collect();
    fixed
        .samples
        .iter()
        .filter_map(|sample| Some((*before.get(&sample.sequence)?, TraceId(sample.trace_id))))
        .collect()
}

fn compare(faulty: &Finished, fixed: &Finished) -> Vec<Row> {
    let after: HashMap<u64, Duration> = fixed
        .answered()
        .map(|sample| (sample.sequence, sample.latency_from_schedule()))
        .collect();
    let mut rows = Vec::new();
    for story in &faulty.stories {
        let Some(journey) = &story.journey else { continue };
        for group in story.groups.iter().map(|group| group.name) {
            let both = faulty
                .members(Some(story), group)
                .into_iter()
                .filter_map(|(sequence, before)| Some((before, *after.get(&sequence)?)));
            let (mut before, mut after): (Vec<Duration>, Vec<Duration>) = both.unzip();
            let requests = before.len();
            if let (Some(faulty_ms), Some(fixed_ms)) = (figures(&mut before), figures(&mut after)) {
                rows.push(Row {
                    fault: story.account.fault.clone(),
                    at: story.account.at.clone(),
                    journey: journey.clone(),
                    cohort: group.as_str(),
                    requests,
                    faulty_ms,
                    fixed_ms,
                });
            }
        }
    }
    rows
}

fn figures(latencies: &mut [Duration]) -> Option<Figures> {
    let mut at = |percent| percentile(latencies, percent).map(|latency| latency.as_secs_f64() * 1e3);
    Some(Figures {
        p50: at(50.0)?,
        p95: at(95.0)?,
    })
}
