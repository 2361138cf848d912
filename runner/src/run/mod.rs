//! A run from its first process to its last file.

mod conduct;
mod control;
mod interrupt;
mod profiles;
mod progress;
mod results;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use faults::truth::{Cohort, Ledger};
use loadgen::{Ending, Sample};
use scenarios::model::Scenario;

use crate::folder::RunFolder;
use crate::samples::Samples;
use crate::stories::{GroupName, Story};
use crate::summary::Summary;
use crate::{Failure, parts::DatabaseChoice};

pub(crate) use conduct::{has_database_port, scratch_folder};
pub(crate) use control::{Control, NotSet};
pub use interrupt::Interrupt;
pub(crate) use progress::ProgressLine;

/// How a scenario is run.
#[derive(Debug)]
pub struct RunOptions {
    /// What.
    pub scenario: Scenario,
    /// Which sending of the plan: changes trace ids alone.
    pub attempt: u64,
    /// On which database: none for SQLite in a temporary folder, or a `postgres://` URL.
    pub database: Option<String>,
    /// Where the results go; `runs/<id>` if it is not said.
    pub out: Option<PathBuf>,
    /// A backend that gets a second copy of all telemetry.
    pub otlp_endpoint: Option<String>,
    /// The lab's budget for stored spans, as written: `256MiB`.
    pub memory: String,
    /// The binary that is every part.
    pub binary: PathBuf,
    /// When this process began.
    pub process_started: SystemTime,
    /// How long all parts together may take to be ready.
    pub ready_within: Duration,
    /// Whether every service's processor time is profiled while load is sent.
    pub profile: bool,
    /// Whether a progress line is drawn on stderr.
    pub progress: bool,
}

/// What came out of a run.
#[derive(Debug)]
pub struct Finished {
    /// For machines.
    pub summary: Summary,
    /// For each fault, whom it hit and what that looked like.
    pub stories: Vec<Story>,
    /// Where the results are.
    pub folder: RunFolder,
    /// Why the run could not be carried out to its end, if so.
    pub failure: Option<Failure>,
    pub(crate) samples: Samples,
    pub(crate) ledger: Ledger,
    pub(crate) journeys: Vec<String>,
    pub(crate) scenario: Scenario,
    /// How long the load was planned to be.
    pub(crate) length: Duration,
}

impl Finished {
    /// The answered requests of one cohort of a story, of the story's journey, with their numbers in the plan and what they
    /// took from schedule. Without a story, those of all journeys.
    pub(crate) fn members(&self, story: Option<&Story>, group: GroupName) -> Vec<(u64, Duration)> {
        let is_answered = |sample: &&Sample| matches!(sample.ending, Ending::Completed(_));
        self.cohort(story, group)
            .filter(is_answered)
            .map(|sample| (sample.sequence, sample.latency_from_schedule()))
            .collect()
    }

    /// How many of that cohort failed.
    pub(crate) fn failures(&self, story: Option<&Story>, group: GroupName) -> usize {
        let has_failed = |sample: &&Sample| matches!(sample.ending, Ending::Failed(_));
        self.cohort(story, group).filter(has_failed).count()
    }

    fn cohort<'a>(&'a self, story: Option<&'a Story>, group: GroupName) -> impl Iterator<Item = &'a Sample> {
        let cohorts: HashMap<u64, Cohort> = self
            .ledger
            .cohorts()
            .map(|(sequence, _, cohort)| (sequence, cohort))
            .collect();
        let of_journey = move |sample: &&Sample| {
            story.is_none_or(|story| self.journeys.get(sample.journey) == story.journey.as_ref())
        };
        self.samples.iter().filter(of_journey).filter(move |sample| {
            let cohort = cohorts.get(&sample.sequence).unwrap_or(&Cohort::Healthy);
            group.has(cohort, story.map(|story| &story.account))
        })
    }

    /// The requests that were answered with success.
    pub(crate) fn answered(&self) -> impl Iterator<Item = &Sample> {
        self.samples
            .iter()
            .filter(|sample| matches!(sample.ending, Ending::Completed(_)))
    }
}

/// Runs a scenario to its end, or until Ctrl-C.
///
/// # Errors
///
/// A [`Failure`] when the run could not even begin. Once load has been sent, whatever happens is told in [`Finished`].
pub fn run(options: RunOptions) -> Result<Finished, Failure> {
    runtime()?.block_on(conduct::conduct(options))
}

/// The runtime of a parent process: one thread, which is the main one, so that parts are started from a thread that lasts.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::run(format!("cannot start: {error}")))
}

/// Reads `--database`; none means SQLite files in `folder`.
///
/// # Errors
///
/// A [`Failure`] with exit code 2 when it is no `postgres://` URL.
pub(crate) fn database_choice(argument: Option<&str>, folder: PathBuf) -> Result<DatabaseChoice, Failure> {
    let Some(text) = argument.filter(|text| *text != "sqlite") else {
        return Ok(DatabaseChoice::Sqlite(folder));
    };
    let url = reqwest::Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "postgres" | "postgresql"));
    url.map(DatabaseChoice::Postgres).ok_or_else(|| {
        Failure::input(format!(
            "`--database {text}` is neither `sqlite` nor the URL of a PostgreSQL server"
        ))
        .help("write postgres://USER:PASSWORD@HOST:PORT/NAME, or leave it out for SQLite")
    })
}
