//! What telemetry costs the shop: the requests it completes with telemetry on, against off.
//!
//! Two shops stand side by side, and take turns under a load that saturates them. The main figure is requests per second of
//! the services' own processor time: on a machine that is not shared with the lab and the generator, that is the throughput.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use crate::bench::generators;
use crate::bench::machine::{children, cpu_seconds};
use crate::bench::row::{Reach, Row, Unit};
use crate::bench::statistics::{median, median_ratio};
use crate::bench::{Bench, Measurement};
use crate::process::Process;

/// The measurement.
pub const TELEMETRY: Measurement = Measurement {
    name: "telemetry",
    title: "shop throughput, telemetry on / off (32 users without a thought)",
    measure,
};

/// How long each turn lasts.
const SECONDS: f64 = 4.0;
/// Reads only, so that both shops stay what they are.
const SCENARIO: &str = "title: A saturated shop
load:
  - { mix: { home: 1, browse: 1, product: 1, order-history: 1 }, users: 32, for: 4s }
";
const READY_WITHIN: Duration = Duration::from_secs(30);
/// What is measured: those of ours that are instrumented.
const SERVICES: [&str; 5] = ["users", "catalog", "orders", "fulfilment", "gateway"];

struct Shop {
    process: Process,
    gateway: SocketAddr,
}

/// Completed requests, per second of the services' processor time and per second on the wall.
#[derive(Default)]
struct Throughput {
    per_cpu_second: Vec<f64>,
    per_second: Vec<f64>,
}

fn measure(bench: &Bench) -> Result<Vec<Row>, String> {
    let (with, without) = (Shop::start(bench, false)?, Shop::start(bench, true)?);
    let (mut on, mut off) = (Throughput::default(), Throughput::default());
    // The first turn of each warms its caches and pools.
    with.load(bench)?;
    without.load(bench)?;
    for _ in 0..bench.repetitions {
        on.add(with.load(bench)?);
        off.add(without.load(bench)?);
    }
    let detail =
        |on: &[f64], off: &[f64]| format!("{:.0} against {:.0} requests per second", median(on), median(off));
    let services = median_ratio(&on.per_cpu_second, &off.per_cpu_second);
    let wall = median_ratio(&on.per_second, &off.per_second);
    Ok(vec![
        Row::promised(
            "per CPU-second of the services",
            services,
            Unit::Ratio,
            Reach::AtLeast(0.75),
            detail(&on.per_cpu_second, &off.per_cpu_second),
        ),
        Row::plain(
            "per second, lab and generator beside it",
            wall,
            Unit::Ratio,
            detail(&on.per_second, &off.per_second),
        ),
    ])
}

impl Throughput {
    fn add(&mut self, (per_cpu_second, per_second): (f64, f64)) {
        self.per_cpu_second.push(per_cpu_second);
        self.per_second.push(per_second);
    }
}

impl Shop {
    fn start(bench: &Bench, telemetry_disabled: bool) -> Result<Self, String> {
        let mut command = bench.faultmart(&["up", "--port-base", "0", "--format", "json"]);
        command.env("OTEL_SDK_DISABLED", telemetry_disabled.to_string());
        let mut process = Process::start(command)?;
        let line = process.line(READY_WITHIN)?;
        let gateway = serde_json::from_str::<Value>(&line)
            .ok()
            .and_then(|ready| {
                ready
                    .get("gateway")?
                    .as_str()?
                    .strip_prefix("http://")?
                    .parse()
                    .ok()
            })
            .ok_or_else(|| format!("`faultmart up` did not say where the gateway is: {line}"))?;
        Ok(Self { process, gateway })
    }

    fn load(&self, bench: &Bench) -> Result<(f64, f64), String> {
        let scenario = bench.write("saturated.yaml", SCENARIO)?;
        let mut command = bench.faultmart(&["load", &format!("http://{}", self.gateway)]);
        command.arg(scenario).args(["--format", "json"]);
        let before = self.cpu_seconds()?;
        let (sent, results) = generators::ours(command)?;
        let spent = self.cpu_seconds()? - before;
        let failed = generators::number(&results, "/load/failed", "faultmart load")?;
        if failed > 0.01 * sent.requests {
            return Err(format!(
                "the shop failed {failed} of {} requests",
                sent.requests + failed
            ));
        }
        Ok((sent.requests / spent, sent.requests / SECONDS))
    }

    /// Of the services, not of the wire, the lab and the payments' stand-in.
    fn cpu_seconds(&self) -> Result<f64, String> {
        let parts = children(self.process.id());
        let services = parts.iter().filter(|(_, arguments)| {
            matches!(arguments.get(1..3), Some([serve, name]) if serve == "serve" && SERVICES.contains(&name.as_str()))
        });
        services.map(|(process, _)| cpu_seconds(*process)).sum()
    }
}
