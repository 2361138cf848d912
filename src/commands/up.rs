//! `faultmart up`: the same system, left running.

use std::io::IsTerminal;
use std::time::Duration;

use clap::Args;
use runner::Failure;
use runner::parts::Ports;
use runner::up::{self, UpOptions};

use super::Outcome;
use crate::output::Format;
use crate::scenario_argument::{self, Overrides};

/// What is left running, and where.
#[derive(Args)]
#[command(after_help = "\
Examples:
  faultmart up                          ports 4600 (gateway), 4617 and 4618 (OTLP), 4680 (lab)
  faultmart up everyday --load          with the scenario's load, over and over
  curl -H 'baggage: fault.n-plus-one-sql=catalog.product' http://127.0.0.1:4600/api/products/1")]
pub struct Options {
    /// The scenario whose data the shop starts with, and whose load is sent if asked for
    #[arg(default_value = "everyday")]
    scenario: String,

    #[command(flatten)]
    overrides: Overrides,

    /// `sqlite`, or the URL of a PostgreSQL server: postgres://USER:PASSWORD@HOST:PORT/NAME
    #[arg(long, value_name = "URL")]
    database: Option<String>,

    /// The first of the ports; 0 takes free ones
    #[arg(long, value_name = "PORT", default_value_t = 4600)]
    port_base: u16,

    /// Send the scenario's load, over and over
    #[arg(long)]
    load: bool,

    /// Do not tell those who look at the page without the token which faults are set, nor which scenario is played
    #[arg(long)]
    hide_faults: bool,

    /// A tracing backend that gets a second copy of all telemetry, over OTLP/HTTP: http://HOST:4318
    #[arg(long, value_name = "URL")]
    otlp_endpoint: Option<String>,

    /// How much memory the lab may use for stored spans
    #[arg(long, value_name = "SIZE", default_value = "256MiB")]
    memory: String,

    /// How long the shop may take to be ready; loading a large one takes most of it
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = scenarios::units::duration)]
    ready_within: Duration,

    /// The form of what is printed once everything answers
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Starts it and waits for Ctrl-C.
pub fn execute(options: Options) -> Outcome {
    let scenario = scenario_argument::read(&options.scenario, &options.overrides)?;
    let binary = std::env::current_exe()
        .map_err(|error| Failure::run(format!("cannot find this program: {error}")))?;
    up::run(UpOptions {
        scenario,
        database: options.database,
        ports: if options.port_base == 0 {
            Ports::Free
        } else {
            Ports::From(options.port_base)
        },
        load: options.load,
        hide_faults: options.hide_faults,
        otlp_endpoint: options.otlp_endpoint,
        memory: options.memory,
        binary,
        ready_within: options.ready_within,
        json: options.format == Format::Json,
        progress: std::io::stderr().is_terminal(),
    })
}
