//! Runs of the whole shop, and what their summaries say.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::bench::Bench;
use crate::bench::generators::number;
use crate::process::Process;

/// How long a run may take altogether.
const AT_MOST: Duration = Duration::from_secs(150);

/// What a run's `summary.json` says.
pub struct Summary(Value);

impl Summary {
    /// Runs a scenario of the catalogue, or a file. What it costs is worth knowing whether or not its expectations held.
    pub fn of(bench: &Bench, scenario: &str) -> Result<Self, String> {
        Self::from(bench, bench.faultmart(&["run", scenario]))
    }

    /// The same, of a command to which only the output's form and folder must be added.
    pub fn from(bench: &Bench, mut command: Command) -> Result<Self, String> {
        let out = tempfile::tempdir_in(bench.folder.path()).map_err(|error| error.to_string())?;
        command
            .args(["--format", "json", "--out"])
            .arg(out.path().join("run"));
        let finished = Process::start(command)?.wait(AT_MOST)?;
        if !matches!(finished.code, Some(0 | 1)) {
            return Err(format!("faultmart run failed: {}", finished.errors));
        }
        serde_json::from_str(&finished.stdout)
            .map(Self)
            .map_err(|error| format!("no summary: {error}"))
    }

    /// A number, by JSON pointer.
    pub fn number(&self, pointer: &str) -> Result<f64, String> {
        number(&self.0, pointer, "faultmart run")
    }

    /// A part's largest memory, in bytes.
    pub fn memory(&self, part: &str) -> Result<f64, String> {
        self.number(&format!("/resources/by_part/{part}/peak_memory_bytes"))
    }
}
