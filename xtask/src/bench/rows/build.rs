//! How long a clean release build takes.

use std::process::Command;
use std::time::Instant;

use crate::bench::row::{Reach, Row, Unit};
use crate::bench::{Bench, Measurement, binary};
use crate::shell;

/// The measurement; made only when it is asked for.
pub const BUILD: Measurement = Measurement {
    name: "build",
    title: "a clean `cargo build --release`",
    measure,
};

fn measure(bench: &Bench) -> Result<Vec<Row>, String> {
    let mut command = Command::new(binary::cargo());
    command
        .args(["build", "--release"])
        .env("CARGO_TARGET_DIR", bench.folder.path().join("target"));
    let begun = Instant::now();
    shell::run(&mut command)?;
    let seconds = begun.elapsed().as_secs_f64();
    Ok(vec![Row::promised(
        "all of it",
        seconds,
        Unit::Seconds,
        Reach::AtMost(360.0),
        String::new(),
    )])
}
