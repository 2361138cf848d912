//! Whether memory grows with the length of a run: the same load for as long as the default run is, and for ten times that.

use crate::bench::row::{Reach, Row, Unit};
use crate::bench::{Bench, Measurement};

use super::shop::Summary;

/// The measurement.
pub const LONG_RUN: Measurement = Measurement {
    name: "long-run",
    title: "memory at the end of a run ten times as long",
    measure,
};

/// The lab is left out: it keeps what it is sent, up to its budget.
const PARTS: [&str; 7] = [
    "load",
    "gateway",
    "users",
    "catalog",
    "orders",
    "fulfilment",
    "wire",
];

fn measure(bench: &Bench) -> Result<Vec<Row>, String> {
    let (short, long) = (run(bench, 16)?, run(bench, 160)?);
    let mut rows = Vec::new();
    let (mut shorts, mut longs) = (0.0, 0.0);
    for part in PARTS {
        let (short, long) = (short.memory(part)?, long.memory(part)?);
        shorts += short;
        longs += long;
        rows.push(row(part, short, long, None));
    }
    rows.push(row(
        "generator and services together",
        shorts,
        longs,
        Some(Reach::AtMost(1.1)),
    ));
    Ok(rows)
}

fn row(what: &str, short: f64, long: f64, reach: Option<Reach>) -> Row {
    let detail = format!("{:.1} MB against {:.1} MB", long / 1e6, short / 1e6);
    match reach {
        Some(reach) => Row::promised(what, long / short, Unit::Ratio, reach, detail),
        None => Row::plain(what, long / short, Unit::Ratio, detail),
    }
}

fn run(bench: &Bench, seconds: u32) -> Result<Summary, String> {
    let text = format!(
        "title: {seconds} seconds\nload:\n  - {{ mix: {{ home: 3, browse: 3, product: 2, search: 1, order-history: 1, checkout: 1 }}, \
         rate: 60/s, for: {seconds}s }}\n"
    );
    let scenario = bench.write(&format!("{seconds}-seconds.yaml"), &text)?;
    Summary::of(bench, &scenario.display().to_string())
}
