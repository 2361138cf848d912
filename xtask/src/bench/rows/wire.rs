//! What the wire costs when no fault strikes: requests that it passes through per second of its processor time.

use std::path::Path;

use crate::bench::machine::cpu_seconds;
use crate::bench::row::{Reach, Row, Unit};
use crate::bench::servers::{self, Server};
use crate::bench::statistics::{median, median_ratio};
use crate::bench::{Bench, Measurement, generators};
use crate::peers;

/// The measurement.
pub const WIRE: Measurement = Measurement {
    name: "wire-pass",
    title: "requests passed through per CPU-second, wrk → proxy → nginx",
    measure,
};

fn measure(bench: &Bench) -> Result<Vec<Row>, String> {
    let what = "wire / toxiproxy";
    let (wrk, nginx, toxiproxy) = match (peers::WRK.find(), peers::NGINX.find(), peers::TOXIPROXY.find()) {
        (Ok(wrk), Ok(nginx), Ok(toxiproxy)) => (wrk, nginx, toxiproxy),
        (Err(why), _, _) | (_, Err(why), _) | (_, _, Err(why)) => return Ok(vec![Row::skipped(what, why)]),
    };
    let nginx = servers::nginx(&nginx, bench.folder.path())?;
    let wire = servers::wire(bench.faultmart(&[]), nginx.address)?;
    let toxiproxy = servers::toxiproxy(&toxiproxy, nginx.address, None)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..bench.repetitions {
        ours.push(passed_per_cpu_second(&wrk, &wire)?);
        theirs.push(passed_per_cpu_second(&wrk, &toxiproxy)?);
    }
    let (our_median, their_median) = (median(&ours) / 1e3, median(&theirs) / 1e3);
    let detail = format!("{our_median:.0}k against {their_median:.0}k requests per CPU-second");
    let ratio = median_ratio(&ours, &theirs);
    Ok(vec![Row::promised(
        what,
        ratio,
        Unit::Ratio,
        Reach::AtLeast(1.0),
        detail,
    )])
}

fn passed_per_cpu_second(wrk: &Path, proxy: &Server) -> Result<f64, String> {
    let process = proxy.process.id();
    let before = cpu_seconds(process)?;
    let sent = generators::wrk(wrk, proxy.address)?;
    Ok(sent.requests / (cpu_seconds(process)? - before))
}
