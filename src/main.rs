//! `faultmart`: the command line. One file a subcommand; what they do lives in the crates below.

mod commands;
mod output;
mod scenario_argument;
mod trace_files;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::{completions, doctor, export, fault, lab, load, plan, query, run, scenario, serve, trace, up};

const EXAMPLES: &str = "\
Examples:
  faultmart                                  run the scenario `first-look` and show what each fault does
  faultmart run lock-contention --seed 7     run one scenario of the catalogue
  faultmart run my.yaml --format json        run a file of one's own; the summary as JSON on stdout
  faultmart up                               leave the shop running, to be tried by hand
  faultmart fault show n-plus-one-sql        what a fault is, and the two files that differ

Exit codes: 0 all held; 1 an expectation failed; 2 the input is wrong; 3 the run could not be carried out; 130 interrupted.";

/// A shop that breaks on purpose, and knows exactly how.
#[derive(Parser)]
#[command(name = "faultmart", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run scenarios: start the shop, send the load, let the faults strike, report. The default, with `first-look`.
    Run(run::Options),
    /// Print the plan of a run as JSON lines, without running anything.
    Plan(plan::Options),
    /// Start the same system and leave it running.
    Up(up::Options),
    /// Run one part of the system.
    Serve(serve::Options),
    /// Send load to any HTTP service, with no shop.
    Load(load::Options),
    /// Take, keep and show traces, anyone's, with no shop.
    Lab(lab::Options),
    /// Print a trace of a run as a waterfall.
    Trace(trace::Options),
    /// Turn traces of a run or a file into another format.
    Export(export::Options),
    /// Find traces by TraceQL, in a run, in files of any format or on a server; or compute numbers over time of them.
    Query(query::Options),
    /// List, show, check and start scenario files.
    Scenario(scenario::Options),
    /// List and explain the faults.
    Fault(fault::Options),
    /// Say whether this machine is ready, and what is configured.
    Doctor(doctor::Options),
    /// Print a completion script for a shell.
    Completions(completions::Options),
}

fn main() -> ExitCode {
    let started = std::time::SystemTime::now();
    output::take_a_size_limit_as_an_error();
    let done = match Arguments::parse()
        .command
        .unwrap_or_else(|| Command::Run(run::Options::default()))
    {
        Command::Run(options) => run::execute(options, started),
        Command::Plan(options) => plan::execute(&options),
        Command::Up(options) => up::execute(options),
        Command::Serve(options) => serve::execute(options),
        Command::Load(options) => load::execute(&options),
        Command::Lab(options) => lab::execute(options),
        Command::Trace(options) => trace::execute(&options),
        Command::Export(options) => export::execute(&options),
        Command::Query(options) => query::execute(&options),
        Command::Scenario(options) => scenario::execute(&options),
        Command::Fault(options) => fault::execute(&options),
        Command::Doctor(options) => doctor::execute(&options),
        Command::Completions(options) => completions::execute(&options),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            output::print_failure(&failure);
            ExitCode::from(failure.code)
        }
    }
}
