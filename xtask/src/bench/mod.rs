//! `cargo xtask bench`: what docs/performance.md claims, measured.
//!
//! Every claim is a ratio or a bound, measured in one run: ours and a peer's take turns, a ratio is the median over the
//! turns. Nothing is pinned to a core. What a generator or a proxy costs is its own processor time, so that the server
//! between them does not matter.

mod arrival;
mod generators;
mod http;
mod machine;
mod row;
mod rows;
mod servers;
mod spans;
mod stamping;
mod statistics;

use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use serde_json::json;
use tempfile::TempDir;

use crate::output::Format;
use crate::{binary, interrupt, peers};
use row::Row;

/// The load average above which a machine is not idle; the build of this chore may be a part of it.
const BUSY: f64 = 1.0;

/// What to measure.
#[derive(Args)]
pub struct Options {
    /// Only the measurements whose name contains this.
    filter: Option<String>,
    /// List the measurements instead of making them.
    #[arg(long)]
    list: bool,
    /// First install the peers that are missing, each by the client of its own registry.
    #[arg(long)]
    install_peers: bool,
    /// Also time a clean release build, and count instructions against a binary without faults: each takes minutes.
    #[arg(long)]
    build: bool,
    /// How often each figure is measured; the median counts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=20))]
    repetitions: u8,
    /// The form of the results on stdout.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What every measurement needs.
pub struct Bench {
    binary: PathBuf,
    folder: TempDir,
    repetitions: u8,
}

/// Something that is measured, in one row or several.
pub struct Measurement {
    /// What the filter is matched with.
    name: &'static str,
    /// What is measured.
    title: &'static str,
    measure: fn(&Bench) -> Result<Vec<Row>, String>,
}

impl Bench {
    /// The binary with these arguments, in the bench's folder, with nothing in its environment that would change it.
    fn faultmart(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("FAULTMART_CACHE", self.folder.path().join("cache"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("OTEL_") {
                command.env_remove(name);
            }
        }
        command.env("NO_COLOR", "1");
        command
    }

    /// Writes a file into the bench's folder.
    fn write(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(path)
    }
}

/// Makes the measurements and prints them.
pub fn run(options: &Options) -> Result<(), String> {
    let wanted = |measurement: &&Measurement| match &options.filter {
        Some(filter) => measurement.name.contains(filter.as_str()),
        None => options.build || !rows::BUILDS.contains(&measurement.name),
    };
    let measurements: Vec<&Measurement> = rows::ALL.iter().filter(wanted).collect();
    if options.list {
        for measurement in measurements {
            println!("{:<12} {}", measurement.name, measurement.title);
        }
        return Ok(());
    }
    if measurements.is_empty() {
        return Err("no measurement has a name like that; `cargo xtask bench --list` lists them".to_owned());
    }
    if options.install_peers {
        peers::install_missing();
    }
    let binary = binary::build()?;
    interrupt::watch();
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    report(
        &Bench {
            binary,
            folder,
            repetitions: options.repetitions,
        },
        &measurements,
        options.format,
    )
}

/// One measurement that fails does not keep the others from being made, but the bench from succeeding.
fn report(bench: &Bench, measurements: &[&Measurement], format: Format) -> Result<(), String> {
    if let Some(load) = machine::load_average().filter(|load| *load > BUSY) {
        eprintln!("warning: the machine is busy (load average {load}); what is late will be later");
    }
    let (mut all, mut failures) = (Vec::new(), Vec::new());
    if format == Format::Text {
        println!("{} cores, medians of {}\n", machine::cores(), bench.repetitions);
    }
    for measurement in measurements {
        eprintln!("measuring {}", measurement.name);
        match (measurement.measure)(bench) {
            Ok(rows) if format == Format::Text => {
                println!("{}: {}", measurement.name, measurement.title);
                rows.iter().for_each(|row| print!("{}", row.to_text()));
                println!();
            }
            Ok(rows) => all.extend(rows.iter().map(|row| row.to_json(measurement.name))),
            Err(message) => {
                interrupt::check()?;
                eprintln!("error: {}: {message}", measurement.name);
                failures.push(measurement.name);
            }
        }
    }
    if format == Format::Json {
        let document = json!({
            "schema": "faultmart.bench/1",
            "cores": machine::cores(),
            "repetitions": bench.repetitions,
            "rows": all,
            "failed": failures,
        });
        println!("{document:#}");
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(format!("could not be measured: {}", failures.join(", ")))
    }
}
