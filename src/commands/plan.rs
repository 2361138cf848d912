//! `faultmart plan`.

use std::io::{self, BufWriter, Write};

use clap::Args;
use faults::plan::{Plan, Shard};
use runner::Failure;

use super::Outcome;
use crate::output;
use crate::scenario_argument::{self, Overrides};

/// Which plan, and which part of it.
#[derive(Args)]
#[command(after_help = "Example:\n  faultmart plan everyday --shard 1/4 | head -n 3")]
pub struct Options {
    /// A scenario of the catalogue, or a file
    #[arg(default_value = scenarios::catalogue::DEFAULT)]
    scenario: String,

    #[command(flatten)]
    overrides: Overrides,

    /// Which sending of the plan: changes trace ids alone, so that one plan can be sent twice to one backend
    #[arg(long, value_name = "K", default_value_t = 0)]
    attempt: u64,

    /// Only the I-th of N parts, from 1; together they are the whole plan
    #[arg(long, value_name = "I/N", default_value = "1/1")]
    shard: Shard,

    /// How many steps of each user of the closed model are printed
    #[arg(long, value_name = "N", default_value_t = 100)]
    steps: usize,
}

/// Prints the plan's lines as they are drawn.
pub fn execute(options: &Options) -> Outcome {
    output::end_quietly_when_nobody_reads();
    let scenario = scenario_argument::read(&options.scenario, &options.overrides)?;
    let plan = Plan::new(&scenario, options.attempt).map_err(|error| Failure::input(error.to_string()))?;
    print(&plan, options).map_err(|error| Failure::run(format!("cannot write to stdout: {error}")))?;
    Ok(0)
}

fn print(plan: &Plan, options: &Options) -> io::Result<()> {
    let mut stdout = BufWriter::new(io::stdout().lock());
    for request in plan.open_shard(options.shard) {
        writeln!(stdout, "{}", request.to_json_line())?;
    }
    for user in plan.closed_shard(options.shard) {
        for step in user.take(options.steps) {
            writeln!(stdout, "{}", step.to_json_line())?;
        }
    }
    stdout.flush()
}
