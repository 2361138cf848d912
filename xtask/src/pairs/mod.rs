//! `cargo xtask pairs`: random pairs of faults, drawn from a seed, in short runs of the real binary. Each run must end, without a
//! panic, an orphan process, an unaccounted span, or a fault that is missed or unplanned.
//!
//! A pair that the binary refuses, because the two are not possible together or one is not possible on the database, is drawn
//! again and counted.

mod draw;
mod judge;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::postgres::Postgres;
use crate::process::{Finished, Process};
use crate::{binary, shell};
use draw::{Fault, Pair};
use judge::Verdict;

/// How long a run of four seconds of load may take, on a machine that does other things as well.
const PATIENCE: Duration = Duration::from_secs(120);
/// A pair that is refused so often in a row is not drawn at random.
const MOST_REDRAWS: u64 = 50;

/// What to run.
#[derive(Args)]
pub struct Options {
    /// How many pairs, on each database.
    #[arg(long, default_value_t = 50)]
    count: u64,
    /// What they are drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The number of the first pair, to run one again.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// `sqlite`, or the URL of a PostgreSQL server; repeat for several. SQLite alone if it is not said.
    #[arg(long, value_name = "DATABASE")]
    database: Vec<String>,
    /// Also run on a PostgreSQL server that is started for it.
    #[arg(long)]
    postgres: bool,
    /// The binary to run; `faultmart` is built for release if it is not said.
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
}

/// Runs all of them and prints what came out.
pub fn run(options: &Options) -> Result<(), String> {
    let server = options.postgres.then(Postgres::start).transpose()?;
    let mut databases = options.database.clone();
    if databases.is_empty() {
        databases.push("sqlite".to_owned());
    }
    databases.extend(server.as_ref().map(Postgres::url));
    let binary = match &options.binary {
        Some(path) => binary::at(path)?,
        None => binary::build()?,
    };
    let numbers = options.first..options.first + options.count;
    let mut wrong = 0;
    for database in &databases {
        wrong += on(&binary, database, options.seed, numbers.clone())?;
    }
    if wrong == 0 {
        Ok(())
    } else {
        Err(format!(
            "{wrong} of {} pairs did not hold",
            options.count * databases.len() as u64
        ))
    }
}

/// Runs pairs on one database; gives how many did not hold.
pub fn on(binary: &Path, database: &str, seed: u64, numbers: std::ops::Range<u64>) -> Result<u64, String> {
    // Never the URL, which may hold a password.
    let name = if database == "sqlite" {
        "sqlite"
    } else {
        "postgresql"
    };
    let faults = draw::faults(&shell::read(
        binary::command(binary).args(["fault", "list", "--format", "json"]),
    )?)?;
    let mut wrong = 0;
    let mut refusals: BTreeMap<String, u64> = BTreeMap::new();
    for number in numbers.clone() {
        let (pair, verdict) = possible(binary, &faults, database, seed, number, &mut refusals)?;
        match verdict {
            Verdict::Wrong(what) => {
                wrong += 1;
                println!("{name} {number}: {pair}: {}", what.join("; "));
            }
            _ => println!("{name} {number}: {pair}: held"),
        }
    }
    let refused: u64 = refusals.values().sum();
    println!(
        "{name}: {} of {} pairs from seed {seed} held; {refused} refused and drawn again",
        numbers.end - numbers.start - wrong,
        numbers.end - numbers.start
    );
    for (reason, count) in refusals {
        println!("  {count} × {}", reason.replace('\n', "\n    "));
    }
    Ok(wrong)
}

/// Draws until a pair is possible, and runs it.
fn possible(
    binary: &Path,
    faults: &[Fault],
    database: &str,
    seed: u64,
    number: u64,
    refusals: &mut BTreeMap<String, u64>,
) -> Result<(Pair, Verdict), String> {
    for redraw in 0..MOST_REDRAWS {
        let pair = Pair::draw(faults, seed, number, redraw);
        match play(binary, &pair, database, seed)? {
            Verdict::Refused(reason) => *refusals.entry(reason).or_default() += 1,
            verdict => return Ok((pair, verdict)),
        }
    }
    Err(format!(
        "pair {number} was refused {MOST_REDRAWS} times: {:?}",
        refusals.keys()
    ))
}

/// Runs a pair in a folder of its own.
fn play(binary: &Path, pair: &Pair, database: &str, seed: u64) -> Result<Verdict, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let scenario = folder.path().join("pair.yaml");
    std::fs::write(&scenario, pair.scenario(seed))
        .map_err(|error| format!("{}: {error}", scenario.display()))?;
    let mut command = binary::command(binary);
    command
        .args([
            "run",
            "pair.yaml",
            "--format",
            "json",
            "--out",
            "out",
            "--database",
            database,
        ])
        .current_dir(folder.path());
    let ended: Result<Finished, String> = Process::start(command)?.wait(PATIENCE);
    Ok(match ended {
        Ok(run) => judge::judge(&run, folder.path()),
        Err(hung) => Verdict::Wrong(vec![hung]),
    })
}
