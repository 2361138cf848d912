//! What the default run takes of the machine's memory, all processes together.

use crate::bench::row::{Reach, Row, Unit};
use crate::bench::{Bench, Measurement};

use super::shop::Summary;

/// The measurement.
pub const MEMORY: Measurement = Measurement {
    name: "memory",
    title: "memory of everything in the default run, proportional set size",
    measure,
};

fn measure(bench: &Bench) -> Result<Vec<Row>, String> {
    let summary = Summary::of(bench, "first-look")?;
    let peak = summary.number("/resources/peak_memory_bytes")? / 1e6;
    Ok(vec![Row::promised(
        "peak",
        peak,
        Unit::Megabytes,
        Reach::AtMost(100.0),
        String::new(),
    )])
}
