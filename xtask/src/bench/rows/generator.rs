//! What the generator costs: requests per second of its own processor time, against generators that others wrote.
//!
//! Ours does more for each: it records it in a histogram, sends it under a `traceparent` of its own, and exports its root
//! span. The spans go to a second nginx, which takes them and costs nearly nothing.

use std::net::SocketAddr;
use std::path::Path;

use crate::bench::generators::{self, CONNECTIONS, SECONDS, Sent, number};
use crate::bench::row::{Reach, Row, Unit};
use crate::bench::servers;
use crate::bench::statistics::{median, median_ratio};
use crate::bench::{Bench, Measurement};
use crate::peers::{self, Peer};

/// The measurement.
pub const GENERATOR: Measurement = Measurement {
    name: "generator",
    title: "requests per CPU-second of the generator, 32 connections",
    measure,
};

/// Against whom, and how many times as much ours should do.
const PEERS: [(&Peer, f64); 3] = [(&peers::WRK, 0.8), (&peers::OHA, 1.2), (&peers::K6, 6.0)];

fn measure(bench: &Bench) -> Result<Vec<Row>, String> {
    let nginx = match peers::NGINX.find() {
        Ok(nginx) => nginx,
        Err(why) => return Ok(vec![Row::skipped("faultmart load", why)]),
    };
    let target = servers::nginx(&nginx, bench.folder.path())?;
    let sink = servers::nginx(&nginx, bench.folder.path())?;
    let peers = PEERS.map(|(peer, reach)| (peer, reach, peer.find()));
    let mut ours = Vec::new();
    let mut theirs = vec![Vec::new(); peers.len()];
    for _ in 0..bench.repetitions {
        ours.push(send_ours(bench, target.address, sink.address)?.per_cpu_second());
        for ((peer, _, found), figures) in peers.iter().zip(&mut theirs) {
            if let Ok(program) = found {
                figures.push(send_theirs(bench, peer, program, target.address)?.per_cpu_second());
            }
        }
    }
    let rows = peers
        .into_iter()
        .zip(theirs)
        .map(|((peer, reach, found), figures)| {
            let what = format!("faultmart load / {}", peer.program);
            match found {
                Err(why) => Row::skipped(what, why),
                Ok(_) => {
                    let detail = format!(
                        "{:.0}k against {:.0}k",
                        median(&ours) / 1e3,
                        median(&figures) / 1e3
                    );
                    let ratio = median_ratio(&ours, &figures);
                    Row::promised(what, ratio, Unit::Ratio, Reach::AtLeast(reach), detail)
                }
            }
        });
    Ok(rows.collect())
}

fn send_theirs(bench: &Bench, peer: &Peer, program: &Path, to: SocketAddr) -> Result<Sent, String> {
    match peer.program {
        "wrk" => generators::wrk(program, to),
        "oha" => generators::oha(program, to),
        _ => generators::k6(program, bench.folder.path(), to),
    }
}

fn send_ours(bench: &Bench, to: SocketAddr, sink: SocketAddr) -> Result<Sent, String> {
    let scenario = format!(
        "title: As many requests as go\nrequests:\n  root: {{ path: / }}\n\
         load:\n  - {{ journey: root, users: {CONNECTIONS}, for: {SECONDS}s }}\n"
    );
    let scenario = bench.write("hammer.yaml", &scenario)?;
    let mut command = bench.faultmart(&["load", &format!("http://{to}")]);
    command
        .arg(scenario)
        .args(["--format", "json", "--otlp-endpoint", &format!("http://{sink}")]);
    let (sent, results) = generators::ours(command)?;
    let exported = number(&results, "/spans/exported", "faultmart load")?;
    if exported < sent.requests {
        return Err(format!(
            "only {exported} of {} root spans were exported",
            sent.requests
        ));
    }
    Ok(sent)
}
