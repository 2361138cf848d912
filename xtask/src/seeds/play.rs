//! Playing a scenario with the real binary, in a folder of its own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use tempfile::TempDir;

use crate::binary;
use crate::shell;

/// The scenario in which nothing is wrong.
pub const HEALTHY: &str = "healthy";

/// The binary, and where its runs go.
pub struct Player {
    binary: PathBuf,
    folder: PathBuf,
    /// Removed with all runs in it, unless they are to be kept.
    _temporary: Option<TempDir>,
    runs: AtomicU32,
}

/// What a run came out with.
pub struct Played {
    /// `summary.json`; none if there was no run.
    pub summary: Option<Value>,
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// The last of its standard error.
    pub errors: String,
}

impl Player {
    /// Makes the folder of the runs.
    pub fn new(binary: PathBuf, keep: Option<&Path>) -> Result<Self, String> {
        let (folder, temporary) = match keep {
            Some(folder) => {
                std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
                let folder = folder
                    .canonicalize()
                    .map_err(|error| format!("{}: {error}", folder.display()))?;
                (folder, None)
            }
            None => {
                let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
                (folder.path().to_path_buf(), Some(folder))
            }
        };
        Ok(Self {
            binary,
            folder,
            _temporary: temporary,
            runs: AtomicU32::new(0),
        })
    }

    /// The scenario of every fault in the catalogue, each once, and the healthy one.
    pub fn scenarios_of_faults(&self) -> Result<Vec<String>, String> {
        let listed = shell::read(binary::command(&self.binary).args(["fault", "list", "--format", "json"]))?;
        let faults: Value =
            serde_json::from_str(&listed).map_err(|error| format!("`fault list --format json`: {error}"))?;
        let mut scenarios: Vec<String> = Vec::new();
        for fault in faults.as_array().into_iter().flatten() {
            let scenario = fault["scenario"].as_str().ok_or_else(|| {
                format!(
                    "`fault list --format json` names no scenario of {}",
                    fault["name"]
                )
            })?;
            if !scenarios.iter().any(|known| known == scenario) {
                scenarios.push(scenario.to_owned());
            }
        }
        scenarios.push(HEALTHY.to_owned());
        Ok(scenarios)
    }

    /// Plays a scenario.
    pub fn play(&self, scenario: &str, database: &str, seed: u64) -> Result<Played, String> {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let out = self.folder.join(format!("run-{number}"));
        let output = binary::command(&self.binary)
            .args(["run", scenario, "--format", "json", "--database", database])
            .args(["--seed", &seed.to_string(), "--out"])
            .arg(out)
            .output()
            .map_err(|error| format!("{}: {error}", self.binary.display()))?;
        let code = output.status.code();
        if matches!(code, Some(2 | 130)) {
            return Err(String::from_utf8_lossy(&output.stderr).trim_end().to_owned());
        }
        Ok(Played {
            summary: serde_json::from_slice(&output.stdout).ok(),
            code,
            errors: String::from_utf8_lossy(&output.stderr).trim_end().to_owned(),
        })
    }

    /// Plays a scenario without its faults and without what it expects of them.
    pub fn play_twin(&self, scenario: &str, database: &str, seed: u64) -> Result<Played, String> {
        let text = if Path::new(scenario).is_file() {
            std::fs::read_to_string(scenario).map_err(|error| format!("{scenario}: {error}"))?
        } else {
            shell::read(binary::command(&self.binary).args(["scenario", "show", scenario]))?
        };
        let name = Path::new(scenario)
            .file_stem()
            .map_or_else(|| scenario.to_owned(), |stem| stem.to_string_lossy().into_owned());
        let file = self.folder.join(format!("{name}-without-faults.yaml"));
        std::fs::write(&file, without_faults(&text))
            .map_err(|error| format!("{}: {error}", file.display()))?;
        self.play(&file.to_string_lossy(), database, seed)
    }
}

/// The text of a scenario without its blocks `faults` and `expect`.
fn without_faults(text: &str) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for line in text.lines() {
        if !line.starts_with([' ', '#', '-']) && !line.is_empty() {
            inside = line.starts_with("faults:") || line.starts_with("expect:");
        }
        if !inside {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_twin_keeps_everything_but_the_faults_and_what_is_expected_of_them() {
        let text = "title: t\nfaults:\n  # Why.\n  - { fault: slow-query }\n\nexpect:\n- dropped = 0\nload:\n  - { rate: 1/s }\n";
        assert_eq!(without_faults(text), "title: t\nload:\n  - { rate: 1/s }\n");
    }
}
