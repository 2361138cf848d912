//! A run from its first process to its last file.

mod conduct;
mod control;
mod interrupt;
mod progress;
mod results;

use std::path::PathBuf;
use std::time::SystemTime;

use scenarios::model::Scenario;

use crate::folder::RunFolder;
use crate::stories::Story;
use crate::summary::Summary;
use crate::{Failure, parts::DatabaseChoice};

pub(crate) use conduct::{has_database_port, scratch_folder};
pub(crate) use control::Control;
pub use interrupt::Interrupt;
pub(crate) use progress::ProgressLine;

/// How a scenario is run.
#[derive(Debug)]
pub struct RunOptions {
    /// What.
    pub scenario: Scenario,
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
