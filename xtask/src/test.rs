//! `cargo xtask test`: every test there is.

use std::process::Command;

use clap::Args;

use crate::postgres::Postgres;
use crate::shell;

/// How to test.
#[derive(Args)]
pub struct Options {
    /// Fail when anything would have to be skipped, as a continuous-integration run must.
    #[arg(long)]
    no_skip: bool,
    /// Passed on to `cargo test`: the name of a test, say.
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Runs the tests and says at the end what was skipped.
pub fn run(options: &Options) -> Result<(), String> {
    let mut skipped = Vec::new();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["test", "--workspace"]).args(&options.rest);
    let postgres = Postgres::start();
    match &postgres {
        Ok(server) => {
            cargo.env("FAULTMART_TEST_POSTGRES", server.url());
        }
        Err(message) if options.no_skip => return Err(message.clone()),
        Err(message) => skipped.push(format!("everything on PostgreSQL: {message}")),
    }
    let tested = shell::run(&mut cargo);
    for what in &skipped {
        eprintln!("skipped: {what}");
    }
    tested
}
