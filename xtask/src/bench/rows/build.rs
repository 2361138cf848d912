//! How long a clean release build takes.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::bench::row::{Reach, Row, Unit};
use crate::bench::{Bench, Measurement, machine};
use crate::binary;
use crate::process::Process;

/// The measurement; made only when it is asked for.
pub const BUILD: Measurement = Measurement {
    name: "build",
    title: "a clean `cargo build --release`",
    measure,
};

/// Longer than even a busy machine takes.
const AT_MOST: Duration = Duration::from_secs(3600);

fn measure(bench: &Bench) -> Result<Vec<Row>, String> {
    let mut command = Command::new(binary::cargo());
    command
        .args(["build", "--release"])
        .env("CARGO_TARGET_DIR", bench.folder.path().join("target"));
    let begun = Instant::now();
    let built = Process::start(command)?.wait(AT_MOST)?.success("cargo build")?;
    let seconds = begun.elapsed().as_secs_f64();
    // What others run at the same time adds to the one and not to the other.
    let detail = format!(
        "{:.0} s of processor time, on {} cores",
        built.cpu_seconds,
        machine::cores()
    );
    Ok(vec![Row::promised(
        "all of it",
        seconds,
        Unit::Seconds,
        Reach::AtMost(360.0),
        detail,
    )])
}
