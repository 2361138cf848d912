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

/// So short that the lab stores next to nothing.
const NOTHING_STORED: &str = "title: Next to nothing\nload:\n  - { journey: home, rate: 10/s, for: 1s }\n";

fn measure(bench: &Bench) -> Result<Vec<Row>, String> {
    let all = Summary::of(bench, "first-look")?;
    let short = bench.write("next-to-nothing.yaml", NOTHING_STORED)?;
    let short = Summary::of(bench, &short.display().to_string())?;
    let peak = all.number("/resources/peak_memory_bytes")?;
    let stored = all.memory("lab")? - short.memory("lab")?;
    let aside = (peak - stored) / 1e6;
    let detail = format!(
        "the lab as large as after {:.0} spans",
        short.number("/spans/stored")?
    );
    let spans = format!("{:.0} spans stored by the lab", all.number("/spans/stored")?);
    Ok(vec![
        Row::promised(
            "stored spans aside",
            aside,
            Unit::Megabytes,
            Reach::AtMost(100.0),
            detail,
        ),
        Row::plain("with them", peak / 1e6, Unit::Megabytes, spans),
    ])
}
