//! How late the generator starts what is due, in the open model, on a machine that does nothing else.

use crate::bench::generators::{self, number};
use crate::bench::row::{Reach, Row, Unit};
use crate::bench::servers;
use crate::bench::statistics::median;
use crate::bench::{Bench, Measurement};
use crate::peers;

/// The measurement.
pub const LATENESS: Measurement = Measurement {
    name: "lateness",
    title: "how late the generator starts what is due, open model, 2,000/s",
    measure,
};

const SCENARIO: &str = "title: Two thousand a second\nrequests:\n  root: { path: / }\n\
    load:\n  - { journey: root, rate: 2_000/s, for: 5s }\nwarm_up: 500ms\n";

fn measure(bench: &Bench) -> Result<Vec<Row>, String> {
    let nginx = match peers::NGINX.find() {
        Ok(nginx) => servers::nginx(&nginx, bench.folder.path())?,
        Err(why) => return Ok(vec![Row::skipped("lateness", why)]),
    };
    let scenario = bench.write("paced.yaml", SCENARIO)?;
    let (mut p50, mut p99) = (Vec::new(), Vec::new());
    for _ in 0..bench.repetitions {
        let mut command = bench.faultmart(&["load", &format!("http://{}", nginx.address)]);
        command.arg(&scenario).args(["--format", "json"]);
        let (_, results) = generators::ours(command)?;
        p50.push(number(
            &results,
            "/load/journeys/0/lateness_ms/p50",
            "faultmart load",
        )?);
        p99.push(number(
            &results,
            "/load/journeys/0/lateness_ms/p99",
            "faultmart load",
        )?);
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
    Ok(vec![row("p50", &p50, 0.05), row("p99", &p99, 0.5)])
}
