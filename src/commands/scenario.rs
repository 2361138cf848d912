//! `faultmart scenario`: the catalogue, and files of one's own.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use faults::plan::Plan;
use faults::vocabulary::Catalogue;
use loadgen::LoadPlan;
use runner::Failure;
use scenarios::catalogue;
use serde_json::json;

use super::Outcome;
use crate::output::{self, Format};
use crate::scenario_argument::{self, Overrides};

/// What to do with scenarios.
#[derive(Args)]
#[command(after_help = "Example:\n  faultmart scenario new my.yaml && faultmart scenario check my.yaml")]
pub struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Name the scenarios of the catalogue
    List {
        /// The form of the result on stdout
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Print a scenario's file
    Show {
        /// A scenario of the catalogue, or a file
        scenario: String,
    },
    /// Say what is wrong with files, if anything
    Check {
        /// Scenarios of the catalogue, or files
        #[arg(required = true)]
        scenarios: Vec<String>,
    },
    /// Print the JSON Schema of the file format, for editors
    Schema,
    /// Write a commented file to start from
    New {
        /// The file to write; stdout if it is not said
        file: Option<PathBuf>,
    },
}

/// Does it.
pub fn execute(options: &Options) -> Outcome {
    output::end_quietly_when_nobody_reads();
    match &options.action {
        Action::List { format } => list(*format)?,
        Action::Show { scenario } => print!("{}", scenario_argument::source(scenario)?.1),
        Action::Check { scenarios } => check(scenarios)?,
        Action::Schema => output::print_json(&scenarios::schema::schema(&Catalogue))?,
        Action::New { file: None } => print!("{}", catalogue::TEMPLATE),
        Action::New { file: Some(file) } => new(file)?,
    }
    Ok(0)
}

fn list(format: Format) -> Result<(), Failure> {
    let mut entries = Vec::new();
    for entry in &catalogue::SCENARIOS {
        entries.push((
            entry.name,
            scenario_argument::read(entry.name, &Overrides::default())?,
        ));
    }
    match format {
        Format::Json => {
            let list: Vec<_> = entries
                .iter()
                .map(|(name, scenario)| {
                    let faults: Vec<&str> = scenario.faults.iter().map(|rule| rule.fault.as_str()).collect();
                    json!({ "name": name, "title": scenario.title, "faults": faults })
                })
                .collect();
            output::print_json(&list)
        }
        Format::Text => {
            for (name, scenario) in &entries {
                println!("{name:<16} {}", scenario.title);
            }
            Ok(())
        }
    }
}

fn check(arguments: &[String]) -> Result<(), Failure> {
    for argument in arguments {
        let scenario = scenario_argument::read(argument, &Overrides::default())?;
        let wrong = |error: &dyn std::fmt::Display| Failure::input(format!("{argument}: {error}"));
        let plan = Plan::new(&scenario, 0).map_err(|error| wrong(&error))?;
        LoadPlan::of(&scenario, &plan).map_err(|error| wrong(&error))?;
        eprintln!("{argument}: valid");
    }
    Ok(())
}

fn new(file: &PathBuf) -> Result<(), Failure> {
    let created = OpenOptions::new().write(true).create_new(true).open(file);
    created
        .and_then(|mut file| file.write_all(catalogue::TEMPLATE.as_bytes()))
        .map_err(|error| {
            Failure::input(format!("cannot write {}: {error}", file.display()))
                .help("name a file that is not there yet")
        })?;
    eprintln!(
        "wrote {}; run it with `faultmart run {}`",
        file.display(),
        file.display()
    );
    Ok(())
}
