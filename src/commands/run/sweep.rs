//! `faultmart run X --sweep NAME=V1,V2,…`: the curve of a scenario over one quantity.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::SystemTime;

use faults::vocabulary::Catalogue;
use runner::Failure;
use runner::folder::RunFolder;
use runner::report;
use runner::sweep::{Sweep, measure};
use scenarios::adjust;
use scenarios::model::Scenario;

use super::{Format, Options, precedence, print_document, print_text, run};
use crate::scenario_argument::cannot;

/// More values would take an evening.
const MOST: usize = 50;

/// A quantity and the values that it takes.
#[derive(Debug, Clone)]
pub struct Values {
    name: String,
    values: Vec<String>,
}

impl FromStr for Values {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write NAME=VALUE,VALUE,…, such as orders=1_000,10_000,100_000".to_owned();
        let (name, values) = text.split_once('=').ok_or_else(wrong)?;
        let values: Vec<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
        if name.is_empty() || values.iter().any(String::is_empty) {
            return Err(wrong());
        }
        if values.len() > MOST {
            return Err(format!("{} values are more than {MOST}", values.len()));
        }
        Ok(Self {
            name: name.trim().to_owned(),
            values,
        })
    }
}

/// Runs each value on its own attempt, prints the curve and writes it to `sweep.json`.
pub fn execute(
    scenario: &Scenario,
    sweep: &Values,
    options: &Options,
    out: Option<PathBuf>,
    began: SystemTime,
    several: bool,
) -> Result<u8, Failure> {
    let mut scenario = scenario.clone();
    for expectation in adjust::leave_effects_open(&mut scenario) {
        anstream::eprintln!("note: how much the faults cost is left open: {expectation}");
    }
    // All values are tried before any is run.
    let with = |value: &String| {
        let mut scenario = scenario.clone();
        adjust::set(&mut scenario, &sweep.name, value, &Catalogue).map_err(|error| cannot(&error))?;
        Ok(scenario)
    };
    let scenarios = sweep
        .values
        .iter()
        .map(with)
        .collect::<Result<Vec<_>, Failure>>()?;
    let folder = RunFolder::create(out.as_deref(), &format!("{}-sweep", scenario.name), began)?;
    let (mut measured, mut worst, mut began) = (Vec::new(), 0, began);
    for (attempt, (scenario, value)) in (0..).zip(scenarios.into_iter().zip(&sweep.values)) {
        let finished = run(
            scenario,
            options,
            Some(folder.file(&folder_name(value))),
            began,
            attempt,
        )?;
        let code = finished.summary.run.exit_code;
        worst = precedence(worst, code);
        if let Some(failure) = &finished.failure {
            crate::output::print_failure(failure);
        }
        if code == 130 {
            break;
        }
        measured.push(measure(value, &finished));
        began = SystemTime::now();
    }
    let curve = Sweep::of(&scenario.name, &sweep.name, measured);
    folder.write("sweep.json", |file| {
        serde_json::to_writer_pretty(&mut *file, &curve)?;
        file.write_all(b"\n")
    })?;
    match options.format {
        Format::Json => print_document(&curve, several)?,
        Format::Text => {
            print_text(&report::render_sweep(&curve));
            print_text(&format!(
                "  the runs and sweep.json are in {}\n",
                folder.path().display()
            ));
        }
    }
    Ok(worst)
}

/// A value as a folder's name.
fn folder_name(value: &str) -> String {
    let plain = |character: char| {
        if character.is_ascii_alphanumeric() {
            character
        } else {
            '_'
        }
    };
    value.chars().map(plain).collect()
}
