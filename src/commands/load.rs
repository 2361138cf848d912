//! `faultmart load`: the load generator alone.

use std::io::IsTerminal;

use clap::Args;
use runner::Failure;
use runner::load_only::{self, LoadOptions};

use super::Outcome;
use crate::output::{self, Format};
use crate::scenario_argument::{self, Overrides};

/// Where the load goes, and which.
#[derive(Args)]
#[command(after_help = "\
Example, with a file mine.yaml such as
  title: My service
  requests:
    list: { method: GET, path: /things?page=1 }
  load:
    - { journey: list, rate: 200/s, for: 10s }

  faultmart load http://127.0.0.1:8080 mine.yaml")]
pub struct Options {
    /// The service: http://HOST:PORT, with a base path if there is one
    url: String,

    /// A scenario file, with `requests` of its own, or journeys if URL is a shop's gateway
    scenario: String,

    #[command(flatten)]
    overrides: Overrides,

    /// Which playing of the same plan this is: another number gives other trace ids, and nothing else
    #[arg(long, value_name = "K", default_value_t = 0)]
    attempt: u64,

    /// Where root spans are sent over OTLP/HTTP: http://HOST:4318; none are made without
    #[arg(long, value_name = "URL")]
    otlp_endpoint: Option<String>,

    /// How many requests of the open model may be under way at once
    #[arg(long, value_name = "N", default_value_t = 1_024)]
    max_connections: usize,

    /// An HdrHistogram log of the latencies
    #[arg(long, value_name = "FILE")]
    hlog: Option<std::path::PathBuf>,

    /// The form of the result on stdout
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Sends it and prints the figures.
pub fn execute(options: &Options) -> Outcome {
    let scenario = scenario_argument::read(&options.scenario, &options.overrides)?;
    let finished = load_only::run(LoadOptions {
        url: options.url.clone(),
        scenario,
        attempt: options.attempt,
        otlp_endpoint: options.otlp_endpoint.clone(),
        max_connections: options.max_connections,
        hlog: options.hlog.clone(),
        progress: std::io::stderr().is_terminal(),
    })?;
    match options.format {
        Format::Json => output::print_json(&finished)?,
        Format::Text => {
            use std::io::Write;
            // A reader that has gone has seen enough.
            let _ = anstream::stdout().write_all(runner::report::render_load(&finished).as_bytes());
        }
    }
    if finished.load.started > 0 && finished.load.completed == 0 && !finished.interrupted {
        let failure = Failure::run(format!(
            "not one of {} requests to {} was answered with success",
            finished.load.started, options.url
        ))
        .help("check that the service runs and that the scenario's paths are its own");
        output::print_failure(&failure);
    }
    Ok(finished.exit_code)
}
