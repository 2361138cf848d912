//! The project's own chores: `cargo xtask test`, `cargo xtask bench`, `cargo xtask seeds`, `cargo xtask pairs`,
//! `cargo xtask docs` and `cargo xtask fuzz`.

// What only the benchmarks use is there without them, too.
#![cfg_attr(not(feature = "bench"), allow(dead_code))]

#[cfg(not(feature = "bench"))]
mod again;
#[cfg(feature = "bench")]
mod bench;
mod binary;
mod clients;
mod docs;
mod fuzz;
mod interrupt;
mod output;
mod page;
mod pairs;
mod peers;
mod postgres;
mod process;
mod seeds;
mod shell;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[cfg(not(feature = "bench"))]
use again as bench;

/// The project's own chores.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Run every test there is, on SQLite and on a real PostgreSQL, installing or starting what is needed where that is possible.
    Test(test::Options),
    /// Measure what docs/performance.md claims, as ratios against the peers that can be had.
    Bench(bench::Options),
    /// Run each fault's scenario over several seeds and see that the fault is plain to see in every one.
    Seeds(seeds::Options),
    /// Run random pairs of faults and see that nothing hangs, panics, is left behind or unaccounted for.
    Pairs(pairs::Options),
    /// Write the pages of docs/faults/, each with what a run of the fault's scenario shows.
    Docs(docs::Options),
    /// Give random input to everything that reads what others have written, starting from the committed corpus.
    Fuzz(fuzz::Options),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().chore {
        Chore::Test(options) => test::run(&options),
        Chore::Bench(options) => bench::run(&options),
        Chore::Seeds(options) => seeds::run(&options),
        Chore::Pairs(options) => pairs::run(&options),
        Chore::Docs(options) => docs::run(&options),
        Chore::Fuzz(options) => fuzz::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
