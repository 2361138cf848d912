//! `cargo xtask test`: every test there is.

use std::process::Command;

use clap::Args;

use crate::binary;
use crate::clients;
use crate::page;
use crate::pairs;
use crate::postgres::Postgres;
use crate::shell;

/// How many random pairs of faults are run on each database, a few seconds each, and what they are drawn from.
const PAIRS: u64 = 3;
const PAIRS_SEED: u64 = 7;

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
    // A run mostly waits for its load's next arrival: with as many tests at once as processors these are idle half of the time.
    if std::env::var_os("RUST_TEST_THREADS").is_none() {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        cargo.env("RUST_TEST_THREADS", (processors + 1).to_string());
    }
    let mut postgres = Postgres::start();
    match &mut postgres {
        Ok(server) => {
            cargo.env("FAULTMART_TEST_POSTGRES", server.url());
            match server.small() {
                Ok(small) => {
                    cargo.env("FAULTMART_TEST_POSTGRES_SMALL", small.url);
                    cargo.env("FAULTMART_TEST_SMALL_DISK", small.disk);
                }
                Err(message) if options.no_skip => return Err(message),
                Err(message) => skipped.push(format!("a PostgreSQL whose disk is full: {message}")),
            }
        }
        Err(message) if options.no_skip => return Err(message.clone()),
        Err(message) => skipped.push(format!("everything on PostgreSQL: {message}")),
    }
    if let Err(message) = clock_that_can_be_set() {
        if options.no_skip {
            return Err(message);
        }
        skipped.push(format!("a clock that is set back: {message}"));
    }
    let clients = clients::install();
    if options.no_skip
        && let Some(message) = clients.missing.first()
    {
        return Err(message.clone());
    }
    skipped.extend(clients.missing);
    cargo.envs(clients.environment);
    let browser = page::Tools::find();
    match &browser {
        Err(message) if options.no_skip => return Err(message.clone()),
        Err(message) => skipped.push(format!("the page and the report in a browser: {message}")),
        Ok(_) => {}
    }
    let mut tested = shell::run(&mut cargo);
    // A name that was asked for is one of cargo's tests.
    if let (Ok(()), Ok(tools), true) = (&tested, &browser, options.rest.is_empty()) {
        tested = tools.test();
    }
    if let (Ok(()), true) = (&tested, options.rest.is_empty()) {
        tested = pairs_of_faults(postgres.as_ref().ok());
    }
    for what in &skipped {
        eprintln!("skipped: {what}");
    }
    tested
}

/// A few random pairs of faults on each database; `cargo xtask pairs` has more.
fn pairs_of_faults(server: Option<&Postgres>) -> Result<(), String> {
    let binary = binary::at(&binary::target()?.join("debug/faultmart"))?;
    let mut wrong = pairs::on(&binary, "sqlite", PAIRS_SEED, 0..PAIRS)?;
    if let Some(server) = server {
        wrong += pairs::on(&binary, &server.url(), PAIRS_SEED, 0..PAIRS)?;
    }
    if wrong == 0 {
        Ok(())
    } else {
        Err(format!("{wrong} pairs of faults did not hold"))
    }
}

/// Makes sure that libfaketime is there, with which one test sets the clock of what it starts.
fn clock_that_can_be_set() -> Result<(), String> {
    let is_there = || {
        let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
        folders
            .map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"))
            .any(|library| library.exists())
    };
    if !is_there() && shell::can_install_packages() {
        shell::install_packages(&["libfaketime"])?;
    }
    if is_there() {
        Ok(())
    } else {
        Err("no libfaketime here; install it (Debian: `apt-get install libfaketime`)".to_owned())
    }
}
