//! `faultmart run`: the main job.

mod fixed;
mod sweep;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Args;
use runner::Failure;
use runner::report::{self, Look};
use runner::run::{Finished, RunOptions};
use scenarios::model::Scenario;

use super::Outcome;
use crate::output::{self, Format};
use crate::scenario_argument::{self, Overrides};

/// What to run, on what, and where the results go.
#[derive(Args)]
#[command(after_help = "\
Examples:
  faultmart run                                     four faults, one after another
  faultmart run n-plus-one-sql lock-contention      two scenarios, one after the other
  faultmart run my.yaml --format json > summary.json
  faultmart run n-plus-one-sql --fixed              the same plan with the faulty and with the healthy code
  faultmart run slow-query --sweep products=1_000,10_000,100_000
  faultmart run everyday --database postgres://postgres@127.0.0.1:5432/postgres")]
pub struct Options {
    /// Scenarios of the catalogue, or files
    #[arg(value_name = "SCENARIO", default_value = scenarios::catalogue::DEFAULT)]
    scenarios: Vec<String>,

    #[command(flatten)]
    overrides: Overrides,

    /// `sqlite`, or the URL of a PostgreSQL server: postgres://USER:PASSWORD@HOST:PORT/NAME
    #[arg(long, value_name = "URL")]
    database: Option<String>,

    /// The folder for the results; runs/<id> if it is not said
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// A tracing backend that gets a second copy of all telemetry, over OTLP/HTTP: http://HOST:4318
    #[arg(long, value_name = "URL")]
    otlp_endpoint: Option<String>,

    /// How much memory the lab may use for stored spans
    #[arg(long, value_name = "SIZE", default_value = "256MiB")]
    memory: String,

    /// Run the same plan a second time with the healthy code, and print both side by side
    #[arg(long, conflicts_with = "no_faults")]
    fixed: bool,

    /// Run once for each value of a fault's parameter, or of users, products or orders, and print the curve
    #[arg(long, value_name = "NAME=VALUE,…", conflicts_with = "fixed")]
    sweep: Option<sweep::Values>,

    /// Profile every service's processor time while load is sent, into profile-SERVICE.pb.gz for `go tool pprof`
    #[arg(long)]
    profile: bool,

    /// How long the shop may take to be ready; loading a large one takes most of it
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = scenarios::units::duration)]
    ready_within: Duration,

    /// The form of the result on stdout; of several scenarios, one JSON document a line
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            scenarios: vec![scenarios::catalogue::DEFAULT.to_owned()],
            overrides: Overrides::default(),
            database: None,
            out: None,
            otlp_endpoint: None,
            memory: "256MiB".to_owned(),
            fixed: false,
            sweep: None,
            profile: false,
            ready_within: Duration::from_secs(120),
            format: Format::default(),
        }
    }
}

/// Runs the scenarios one after another; an interruption ends all.
pub fn execute(options: Options, started: SystemTime) -> Outcome {
    // All are read before any is run.
    let read = |argument: &String| scenario_argument::read(argument, &options.overrides);
    let scenarios = options
        .scenarios
        .iter()
        .map(read)
        .collect::<Result<Vec<_>, _>>()?;
    let several = scenarios.len() > 1;
    let mut worst = 0;
    for (index, scenario) in scenarios.into_iter().enumerate() {
        let out = options.out.as_ref().map(|out| {
            if several {
                out.join(&scenario.name)
            } else {
                out.clone()
            }
        });
        let began = if index == 0 { started } else { SystemTime::now() };
        let code = if options.fixed {
            fixed::execute(scenario, &options, out.as_deref(), began, several)?
        } else if let Some(values) = &options.sweep {
            sweep::execute(&scenario, values, &options, out, began, several)?
        } else {
            let finished = run(scenario, &options, out, began, 0)?;
            print(&finished, options.format, several)?;
            finished.summary.run.exit_code
        };
        worst = precedence(worst, code);
        if code == 130 {
            break;
        }
    }
    Ok(worst)
}

fn run(
    scenario: Scenario,
    options: &Options,
    out: Option<PathBuf>,
    began: SystemTime,
    attempt: u64,
) -> Result<Finished, Failure> {
    let binary = std::env::current_exe()
        .map_err(|error| Failure::run(format!("cannot find this program: {error}")))?;
    runner::run::run(RunOptions {
        scenario,
        attempt,
        database: options.database.clone(),
        out,
        otlp_endpoint: options.otlp_endpoint.clone(),
        memory: options.memory.clone(),
        binary,
        ready_within: options.ready_within,
        process_started: began,
        profile: options.profile,
        progress: std::io::stderr().is_terminal(),
    })
}

fn print(finished: &Finished, format: Format, several: bool) -> Result<(), Failure> {
    match format {
        Format::Json => print_document(&finished.summary, several)?,
        Format::Text => print_text(&report::render(finished, look())),
    }
    if let Some(failure) = &finished.failure {
        output::print_failure(failure);
    }
    Ok(())
}

/// One JSON document: on a line of its own where there are several.
fn print_document(document: &impl serde::Serialize, several: bool) -> Result<(), Failure> {
    if several {
        println!("{}", serde_json::to_string(document).unwrap_or_default());
        return Ok(());
    }
    output::print_json(document)
}

fn print_text(text: &str) {
    // A reader that has gone has seen enough.
    let _ = anstream::stdout().write_all(text.as_bytes());
}

/// As wide as the terminal, and 100 columns where there is none.
pub fn look() -> Look {
    let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
    Look {
        width: width.clamp(80, 160),
        ascii: false,
    }
}

/// Of two exit codes the one that says more: interrupted, then not carried out, then broken expectations.
fn precedence(one: u8, other: u8) -> u8 {
    let rank = |code| match code {
        130 => 3,
        2 | 3 => 2,
        1 => 1,
        _ => 0,
    };
    if rank(other) > rank(one) { other } else { one }
}
