//! From process start to the first trace stored: what somebody waits who wants to see one.

use crate::bench::row::{Reach, Row, Unit};
use crate::bench::statistics::median;
use crate::bench::{Bench, Measurement};

use super::shop::Summary;

/// The measurement.
pub const FIRST_TRACE: Measurement = Measurement {
    name: "first-trace",
    title: "from process start to the first trace stored, default scale",
    measure,
};

const SCENARIO: &str =
    "title: A second of home\nload:\n  - { journey: home, rate: 50/s, spacing: even, for: 1s }\n";
/// Warm starts for each cold one: they are short, and what most people see.
const WARM: usize = 2;

fn measure(bench: &Bench) -> Result<Vec<Row>, String> {
    let scenario = bench.write("second.yaml", SCENARIO)?.display().to_string();
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..bench.repetitions {
        let cache = tempfile::tempdir_in(bench.folder.path()).map_err(|error| error.to_string())?;
        let start = || {
            let mut command = bench.faultmart(&["run", &scenario]);
            command.env("FAULTMART_CACHE", cache.path());
            Summary::from(bench, command)?.number("/timings_ms/first_trace_stored")
        };
        cold.push(start()?);
        for _ in 0..WARM {
            warm.push(start()?);
        }
    }
    let row = |what: &str, figures: &[f64], bound| {
        Row::promised(
            what,
            median(figures),
            Unit::Milliseconds,
            Reach::AtMost(bound),
            String::new(),
        )
    };
    Ok(vec![
        row("seed cache warm", &warm, 500.0),
        row("seed cache cold", &cold, 2_000.0),
    ])
}
