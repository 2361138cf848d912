//! What it costs that faults could be switched on, while none is: instructions for a request, against a binary in which they cannot.
//!
//! Instructions are counted by valgrind, since a virtual machine rarely has counters of its own. What does not belong to requests is
//! the same in a short run and a long one, and the difference of the two is left.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::bench::http::Connection;
use crate::bench::row::{Outcome, Reach, Row, Unit};
use crate::bench::statistics::{median, median_ratio};
use crate::bench::{Bench, Measurement};
use crate::process::Process;
use crate::{binary, shell};

/// The measurement; made only when it is asked for, since it builds a second binary.
pub const SWITCHES: Measurement = Measurement {
    name: "switches",
    title: "instructions for a request, with all faults compiled in and none active / without them",
    measure,
};

/// Makes a binary in which no fault is ever found.
const WITHOUT: [&str; 2] = ["--features", "chassis/without-faults"];
/// A search and a list: each could be struck by several faults.
const PATHS: [&str; 2] = ["/products?size=20", "/search?q=striped"];
/// How often each is asked for in a short run and in a long one.
const TURNS: [u32; 2] = [50, 350];
/// Under valgrind everything takes fifty times as long.
const READY_WITHIN: Duration = Duration::from_secs(120);

fn measure(bench: &Bench) -> Result<Vec<Row>, String> {
    let what = "with / without";
    if shell::find("valgrind").is_none() {
        return Ok(vec![Row {
            what: what.to_owned(),
            outcome: Outcome::Skipped("no valgrind here (Debian: `apt-get install valgrind`)".to_owned()),
            detail: String::new(),
        }]);
    }
    let keep = |name: &str, built: &Path| -> Result<PathBuf, String> {
        let kept = bench.folder.path().join(name);
        fs::copy(built, &kept).map_err(|error| format!("{}: {error}", kept.display()))?;
        Ok(kept)
    };
    let with = keep("with-faults", &bench.binary)?;
    let without = binary::build_with(&WITHOUT).and_then(|built| keep("without-faults", &built));
    // Both are built in one place, and the others measure what is there.
    binary::build()?;
    let without = without?;
    // The seed cache is filled by whoever is first, which would be counted.
    instructions(bench, &with, 1)?;
    let (mut on, mut off) = (Vec::new(), Vec::new());
    for _ in 0..bench.repetitions.min(3) {
        on.push(per_request(bench, &with)?);
        off.push(per_request(bench, &without)?);
    }
    Ok(vec![Row::promised(
        what,
        median_ratio(&on, &off),
        Unit::Ratio,
        Reach::AtMost(1.01),
        format!("{:.0} against {:.0} instructions", median(&on), median(&off)),
    )])
}

fn per_request(bench: &Bench, binary: &Path) -> Result<f64, String> {
    let [short, long] = TURNS;
    let more = instructions(bench, binary, long)?.saturating_sub(instructions(bench, binary, short)?);
    Ok(more as f64 / f64::from(long - short) / PATHS.len() as f64)
}

/// Those of a catalog service from its start to its end, with so many turns of requests in between.
fn instructions(bench: &Bench, binary: &Path, turns: u32) -> Result<u64, String> {
    let counts = bench.folder.path().join("counts");
    let mut command = Command::new("valgrind");
    command
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", counts.display()))
        .args(["--quiet", "--"])
        .arg(binary);
    command
        .args([
            "serve",
            "catalog",
            "--users",
            "100",
            "--products",
            "200",
            "--orders",
            "100",
        ])
        .arg("--database")
        .arg(format!(
            "sqlite:{}",
            bench.folder.path().join("switches").display()
        ))
        .env("FAULTMART_CACHE", bench.folder.path().join("cache"))
        // Telemetry goes by the clock, and not by requests.
        .env("OTEL_SDK_DISABLED", "true");
    let mut service = Process::start(command)?;
    let ready: serde_json::Value = serde_json::from_str(&service.line(READY_WITHIN)?)
        .map_err(|error| format!("the catalog service did not say where it is: {error}"))?;
    let address = ready["address"]
        .as_str()
        .and_then(|address| address.parse().ok())
        .ok_or_else(|| format!("no address in {ready}"))?;
    let mut connection = Connection::open(address)?;
    for _ in 0..turns {
        for path in PATHS {
            connection.get(path)?;
        }
    }
    drop(connection);
    service.end(READY_WITHIN)?.success("the catalog service")?;
    let text = fs::read_to_string(&counts).map_err(|error| format!("{}: {error}", counts.display()))?;
    totals(&text).ok_or_else(|| "valgrind counted nothing".to_owned())
}

/// The number in callgrind's line `totals:`, or `summary:` in files of an older one.
fn totals(text: &str) -> Option<u64> {
    text.lines()
        .find_map(|line| {
            line.strip_prefix("totals:")
                .or_else(|| line.strip_prefix("summary:"))
        })?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::totals;

    #[test]
    fn the_total_is_found() {
        assert_eq!(totals("version: 1\nsummary: 123\nfl=(1)\n"), Some(123));
        assert_eq!(totals("events: Ir\n\ntotals: 9500\n"), Some(9_500));
        assert_eq!(totals("events: Ir\n"), None);
    }
}
