//! A run beside the same plan with the healthy code: what the fix would win, for the very requests that the fault struck.

use std::collections::HashMap;
use std::time::Duration;

use scenarios::adjust::{self, Adjustment};
use scenarios::model::Scenario;
use serde::Serialize;

use crate::run::Finished;
use crate::samples::percentile;
use crate::summary::Summary;

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
