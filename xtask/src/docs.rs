//! `cargo xtask docs`: the pages of docs/faults/, each with what a run of the fault's scenario shows.
//!
//! The text comes from the binary's catalogue; a test of the crate `faults` holds it true. What a run shows is taken from the
//! report that it prints.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use crate::{binary, shell};

const FOLDER: &str = "docs/faults";
/// As in the catalogue: what a run has shown stands between these.
const RUN_BEGINS: &str = "<!-- a run -->\n";
const RUN_ENDS: &str = "<!-- the end of the run -->\n";

/// What to write.
#[derive(Args)]
pub struct Options {
    /// The faults whose pages are written; all of them if none is named.
    faults: Vec<String>,
    /// Keep what the pages show of runs, and write the rest anew.
    #[arg(long)]
    text_only: bool,
    /// The binary to run; `faultmart` is built for release if it is not said.
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
}

/// Writes them.
pub fn run(options: &Options) -> Result<(), String> {
    let binary = match &options.binary {
        Some(path) => binary::at(path)?,
        None => binary::build()?,
    };
    let say = |arguments: &[&str]| shell::read(binary::command(&binary).arg("fault").args(arguments));
    let listed: Value = serde_json::from_str(&say(&["list", "--format", "json"])?)
        .map_err(|error| format!("`fault list --format json`: {error}"))?;
    fs::create_dir_all(FOLDER).map_err(|error| format!("{FOLDER}: {error}"))?;
    for fault in listed.as_array().into_iter().flatten() {
        let (Some(name), Some(scenario)) = (fault["name"].as_str(), fault["scenario"].as_str()) else {
            return Err(format!(
                "`fault list --format json` has an entry without a name: {fault}"
            ));
        };
        if !options.faults.is_empty() && !options.faults.iter().any(|wanted| wanted == name) {
            continue;
        }
        let path = Path::new(FOLDER).join(format!("{name}.md"));
        let run = if options.text_only {
            kept(&path)
        } else {
            eprintln!("{scenario}");
            shown(&binary, scenario, name)?
        };
        let page = say(&["show", name, "--format", "markdown"])?;
        let page = page.replacen(RUN_BEGINS, &format!("{RUN_BEGINS}{run}"), 1);
        write(&path, &page)?;
    }
    write(
        &Path::new(FOLDER).join("README.md"),
        &say(&["list", "--format", "markdown"])?,
    )
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// What the page shows of a run already.
fn kept(path: &Path) -> String {
    let page = fs::read_to_string(path).unwrap_or_default();
    let run = page
        .split_once(RUN_BEGINS)
        .and_then(|(_, rest)| rest.split_once(RUN_ENDS));
    run.map(|(run, _)| run.to_owned()).unwrap_or_default()
}

/// Runs the scenario, which must hold, and takes what its report says of the fault.
fn shown(binary: &Path, scenario: &str, fault: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let report = shell::read(
        binary::command(binary)
            .args(["run", scenario, "--out"])
            .arg(folder.path().join("run"))
            .env("COLUMNS", "110"),
    )?;
    let story =
        story(&report, fault).ok_or_else(|| format!("the report of {scenario} says nothing of {fault}"))?;
    Ok(format!("```text\n{story}```\n"))
}

/// A fault's first section of a report, with the legend of its waterfalls.
fn story(report: &str, fault: &str) -> Option<String> {
    let title = format!("{fault} at ");
    let mut lines = report.lines().skip_while(|line| !line.starts_with(&title));
    let mut story = format!("{}\n", lines.next()?);
    for line in lines.take_while(|line| line.is_empty() || line.starts_with(' ')) {
        story.push_str(line);
        story.push('\n');
    }
    let legend = report.lines().find(|line| line.starts_with("  █ "));
    if let Some(legend) = legend.filter(|legend| story.contains('█') && !story.contains(legend)) {
        story.push_str(legend);
    }
    Some(format!("{}\n", story.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_is_one_faults_section_and_the_legend() {
        let report = "Journeys\n  a 1\n\nx at b.c\n  one █\n\n  two\n\nx at d\n  three █\n\n  █ waited for\n\nSpans\n  4\n";
        assert_eq!(
            story(report, "x").as_deref(),
            Some("x at b.c\n  one █\n\n  two\n\n  █ waited for\n")
        );
        assert_eq!(story(report, "y"), None);
    }
}
