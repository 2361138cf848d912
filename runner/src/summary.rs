//! `summary.json`: a run's results for machines. Its fields are a promise; see docs/reference/summary.md.

use serde::Serialize;

use crate::accounts::SpanAccounts;
use crate::expectations::Verdict;
use crate::resources::Resources;
use loadgen::{JourneyFigures, Outcome, Recorder};

/// The name and version of the schema.
pub const SCHEMA: &str = "faultmart.summary/1";

/// The whole document.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// What was run, and how it ended.
    pub run: Run,
    /// From process start, in milliseconds.
    pub timings_ms: Timings,
    /// What was sent.
    pub load: Load,
    /// What struck.
    pub faults: Vec<faults::truth::FaultAccount>,
    /// What was odd and harmless.
    pub distractors: Vec<faults::truth::InnocentAccount>,
    /// Where every span went.
    pub spans: SpanAccounts,
    /// What the lab holds.
    pub traces: Traces,
    /// What had to hold.
    pub expectations: Vec<Verdict>,
    /// What it cost.
    pub resources: Resources,
}

/// What was run, and how it ended.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// The folder's name.
    pub id: String,
    /// The scenario's title.
    pub title: String,
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// `sqlite` or `postgresql`.
    pub database: &'static str,
    /// Of Faultmart.
    pub version: &'static str,
    /// RFC 3339.
    pub started_at: String,
    /// Until the report was ready.
    pub duration_ms: u64,
    /// What the process ends with.
    pub exit_code: u8,
    /// Whether Ctrl-C ended it.
    pub interrupted: bool,
}

/// How long until things were there, in milliseconds from process start.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Timings {
    /// Every part had said that it is ready.
    pub ready: Option<f64>,
    /// The first answer came back.
    pub first_answer: Option<f64>,
    /// The lab had stored the first trace.
    pub first_trace_stored: Option<f64>,
}

/// What was sent: planned = started + dropped + not_reached, started = completed + failed + aborted.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Load {
    /// Requests in the plan.
    pub planned: u64,
    /// Requests begun.
    pub started: u64,
    /// Answered with success.
    pub completed: u64,
    /// Answered with an error, or not at all.
    pub failed: u64,
    /// Given up when the run was stopped.
    pub aborted: u64,
    /// Starts that the generator could not make.
    pub dropped: u64,
    /// Planned after the moment at which the run was stopped.
    pub not_reached: u64,
    /// Figures by journey and cohort.
    pub journeys: Vec<JourneyFigures>,
}

/// What the lab holds.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Traces {
    /// Traces in memory.
    pub stored: u64,
    /// Those with a root and no orphan.
    pub complete: u64,
    /// The others.
    pub incomplete: u64,
    /// Traces that had to make room.
    pub evicted: u64,
}

impl Load {
    /// From the generator's counts and the recorder's figures.
    #[must_use]
    pub fn new(outcome: &Outcome, recorder: &Recorder) -> Self {
        Self {
            planned: outcome.planned,
            started: outcome.started,
            completed: outcome.completed,
            failed: outcome.failed,
            aborted: outcome.aborted,
            dropped: outcome.dropped,
            not_reached: outcome.not_reached,
            journeys: recorder.journeys(),
        }
    }
}
