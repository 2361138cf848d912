//! `cargo xtask seeds`: whether each fault is plain to see whatever the seed, on every database.
//!
//! The real binary runs each fault's own scenario once a seed. In each run the median of those who suffer is held against the
//! median of the healthy, everything the scenario expects must hold, and nothing may be missed, unplanned or unaccounted for.
//! The same scenario without its faults, its healthy twin, and the scenario `healthy` must show nothing.

mod play;
mod table;
mod verdict;

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::binary;
use crate::output::Format;
use crate::postgres::Postgres;
use play::{HEALTHY, Player};
use verdict::Row;

/// What to run.
#[derive(Args)]
pub struct Options {
    /// Scenarios of the catalogue, or files; every fault's own, and `healthy`, if none is named.
    scenarios: Vec<String>,
    /// The seeds: a range such as 1..5, both ends included, or a list such as 1,7,42.
    #[arg(long, default_value = "1..5", value_parser = seeds)]
    seeds: Seeds,
    /// `sqlite`, or the URL of a PostgreSQL server; repeat for several. SQLite alone if it is not said.
    #[arg(long, value_name = "DATABASE")]
    database: Vec<String>,
    /// Also run on a PostgreSQL server that is started for it.
    #[arg(long)]
    postgres: bool,
    /// The binary to run; `faultmart` is built for release if it is not said.
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// The least ratio of the affected median to the healthy one.
    #[arg(long, value_name = "RATIO", default_value_t = 1.5)]
    ratio: f64,
    /// Keep the runs' folders in this one.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// The form of the results on stdout.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The seeds to run with, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seeds(Vec<u64>);

/// Runs all of it and prints what came out.
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
    let player = Player::new(binary, options.keep.as_deref())?;
    let scenarios = if options.scenarios.is_empty() {
        player.scenarios_of_faults()?
    } else {
        options.scenarios.clone()
    };
    let mut rows = Vec::new();
    for database in &databases {
        for scenario in &scenarios {
            rows.push(row(&player, scenario, database, options)?);
        }
    }
    match options.format {
        Format::Text => print!("{}", table::render(&rows, &options.seeds.0)),
        Format::Json => {
            let document = json!({
                "schema": "faultmart.seeds/1",
                "ratio": options.ratio,
                "held": rows.iter().all(Row::holds),
                "rows": rows.iter().map(Row::to_json).collect::<Vec<_>>(),
            });
            println!("{document:#}");
        }
    }
    let broken = rows.iter().filter(|row| !row.holds()).count();
    if broken == 0 {
        Ok(())
    } else {
        Err(format!("{broken} of {} do not hold on every seed", rows.len()))
    }
}

/// One scenario on one database, over all seeds, and its healthy twin once.
fn row(player: &Player, scenario: &str, database: &str, options: &Options) -> Result<Row, String> {
    let mut row = Row::new(scenario, database);
    for &seed in &options.seeds.0 {
        eprintln!("{scenario}, {}, seed {seed}", row.database);
        let run = player.play(scenario, database, seed)?;
        row.add(seed, &run, options.ratio);
    }
    if scenario != HEALTHY
        && let Some(&seed) = options.seeds.0.first()
    {
        eprintln!("{scenario} without its faults, {}, seed {seed}", row.database);
        let run = player.play_twin(scenario, database, seed)?;
        row.add_twin(&run, options.ratio);
    }
    Ok(row)
}

/// Reads `1..5` or `1,7,42`.
fn seeds(text: &str) -> Result<Seeds, String> {
    let wrong = || format!("`{text}` is neither a range such as 1..5 nor a list such as 1,7,42");
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| wrong());
    let seeds: Vec<u64> = match text.split_once("..") {
        Some((first, last)) => {
            let (first, last) = (number(first)?, number(last.trim_start_matches('='))?);
            if last < first || last - first >= 1_000 {
                return Err(wrong());
            }
            (first..=last).collect()
        }
        None => text.split(',').map(number).collect::<Result<_, _>>()?,
    };
    Ok(Seeds(seeds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_range_or_a_list() {
        assert_eq!(seeds("1..3"), Ok(Seeds(vec![1, 2, 3])));
        assert_eq!(seeds("7"), Ok(Seeds(vec![7])));
        assert_eq!(seeds("7, 42"), Ok(Seeds(vec![7, 42])));
        for wrong in ["", "5..1", "1..", "a", "1,,2", "0..18446744073709551615"] {
            assert!(seeds(wrong).is_err(), "{wrong}");
        }
    }
}
