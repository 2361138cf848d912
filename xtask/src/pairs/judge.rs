//! What must hold of every run, whatever strikes in it: it ends, nothing panics, no process is left, and everything is accounted for.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::process::Finished;

/// What came of a pair.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All held.
    Held,
    /// The two are not possible together, or one is not possible there: the reason.
    Refused(String),
    /// What did not hold.
    Wrong(Vec<String>),
}

/// Judges a run that has ended, with its results in `folder`, where it ran.
pub fn judge(run: &Finished, folder: &Path) -> Verdict {
    if run.code == Some(2) {
        return Verdict::Refused(run.errors.clone());
    }
    let mut wrong = Vec::new();
    match serde_json::from_str::<Value>(&run.stdout) {
        Ok(summary) => wrong.extend(accounts(&summary)),
        Err(_) => wrong.push("no summary".to_owned()),
    }
    if run.code != Some(0) {
        let code = run
            .code
            .map_or_else(|| "a signal".to_owned(), |code| code.to_string());
        wrong.push(format!("ended with {code}: {}", run.errors));
    }
    let log = fs::read_to_string(folder.join("out/log.txt")).unwrap_or_default();
    wrong.extend(panics(&log).map(|line| format!("a panic: {line}")));
    wrong.extend(
        left_behind(folder)
            .into_iter()
            .map(|process| format!("left behind: {process}")),
    );
    if wrong.is_empty() {
        Verdict::Held
    } else {
        Verdict::Wrong(wrong)
    }
}

/// What the summary says that must not be.
fn accounts(summary: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let unaccounted = &summary["spans"]["unaccounted"];
    if *unaccounted != 0 {
        wrong.push(format!("{unaccounted} spans unaccounted for"));
    }
    let faults = summary["faults"].as_array().into_iter().flatten();
    for fault in faults {
        for count in ["missed", "unplanned"] {
            if fault[count] != 0 {
                wrong.push(format!(
                    "{} at {}: {} {count}",
                    fault["fault"], fault["at"], fault[count]
                ));
            }
        }
    }
    wrong
}

/// The lines of a log in which something panicked.
fn panics(log: &str) -> impl Iterator<Item = &str> {
    log.lines()
        .filter(|line| line.contains("panicked at") || line.contains("was ended by a panic"))
}

/// The processes that run in the folder, or were told of it.
pub fn left_behind(folder: &Path) -> Vec<String> {
    let Some(needle) = folder.to_str() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let arguments = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        let directory = fs::read_link(entry.path().join("cwd")).unwrap_or_default();
        let mentions = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(needle);
        if mentions(&arguments) || mentions(&environment) || directory.starts_with(folder) {
            found.push(String::from_utf8_lossy(&arguments).replace('\0', " "));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use serde_json::json;

    use super::*;
    use crate::process::Process;

    fn run(code: i32, summary: &Value) -> Finished {
        Finished {
            stdout: summary.to_string(),
            cpu_seconds: 0.0,
            code: Some(code),
            errors: "error: why".to_owned(),
        }
    }

    fn summary(missed: u64, unaccounted: u64) -> Value {
        json!({
            "spans": { "unaccounted": unaccounted },
            "faults": [{ "fault": "hang", "at": "users", "missed": missed, "unplanned": 0 }],
        })
    }

    #[test]
    fn a_run_in_which_all_holds_is_told_from_one_in_which_something_does_not() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(judge(&run(0, &summary(0, 0)), folder.path()), Verdict::Held);
        assert_eq!(
            judge(&run(2, &Value::Null), folder.path()),
            Verdict::Refused("error: why".to_owned())
        );
        for run in [
            run(0, &summary(1, 0)),
            run(0, &summary(0, 7)),
            run(3, &summary(0, 0)),
            run(0, &Value::Null),
        ] {
            assert!(matches!(judge(&run, folder.path()), Verdict::Wrong(_)));
        }
    }

    #[test]
    fn a_panic_is_found_in_the_log() {
        let log = "{\"message\":\"ready\"}\nthread 'main' panicked at src/x.rs:1:1:\n{\"message\":\"a request was ended by a panic\"}\n";
        assert_eq!(panics(log).count(), 2);
    }

    #[test]
    fn a_process_that_runs_in_the_folder_is_left_behind_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sleep");
        command.arg("60").current_dir(folder.path());
        let process = Process::start(command).unwrap();
        assert_eq!(left_behind(folder.path()), ["sleep 60 "]);
        drop(process);
        assert!(left_behind(folder.path()).is_empty());
    }
}
