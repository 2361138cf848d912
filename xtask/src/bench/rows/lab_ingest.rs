//! What it costs to take spans: processor time until they are queryable, memory, and how soon the lab is ready.

use std::time::{Duration, Instant};

use prost::Message as _;

use crate::bench::machine::{cpu_seconds, resident_bytes};
use crate::bench::row::{Reach, Row, Unit};
use crate::bench::servers::{self, Backend};
use crate::bench::spans::{self, Client, SPANS};
use crate::bench::statistics::{median, median_ratio};
use crate::bench::{Bench, Measurement};
use crate::peers;
use crate::process::Process;

/// The measurement.
pub const LAB_INGEST: Measurement = Measurement {
    name: "lab-ingest",
    title: "spans taken per CPU-second until queryable; memory of a stored span",
    measure,
};

/// 300,000 spans.
const REQUESTS: u64 = 300;

fn measure(bench: &Bench) -> Result<Vec<Row>, String> {
    let mut rows = vec![ready(bench)?];
    let jaeger = peers::JAEGER.find();
    let (mut ours, mut theirs) = (Figures::default(), Figures::default());
    for _ in 0..bench.repetitions {
        ours.take(|| servers::lab(bench.faultmart(&["serve", "lab"])))?;
        if let Ok(jaeger) = &jaeger {
            theirs.take(|| servers::jaeger(jaeger, bench.folder.path()))?;
        }
    }
    rows.push(Row::promised(
        "memory of a stored span / its wire bytes",
        median(&ours.memory),
        Unit::Ratio,
        Reach::AtMost(1.5),
        match jaeger {
            Ok(_) => format!("Jaeger in the same run {:.2} ×", median(&theirs.memory)),
            Err(_) => String::new(),
        },
    ));
    for (what, ours, theirs, reach) in [
        ("OTLP/HTTP: lab / Jaeger", &ours.http, &theirs.http, 8.0),
        ("OTLP/gRPC: lab / Jaeger", &ours.grpc, &theirs.grpc, 6.0),
    ] {
        let our_median = median(ours) / 1e3;
        rows.push(match &jaeger {
            Ok(_) => Row::promised(
                what,
                median_ratio(ours, theirs),
                Unit::Ratio,
                Reach::AtLeast(reach),
                format!(
                    "{our_median:.0}k against {:.0}k spans per CPU-second",
                    median(theirs) / 1e3
                ),
            ),
            Err(why) => Row::skipped(
                what,
                format!("{why} (the lab alone: {our_median:.0}k spans per CPU-second)"),
            ),
        });
    }
    Ok(rows)
}

/// From the start of the process to the line that says ready.
fn ready(bench: &Bench) -> Result<Row, String> {
    let mut times = Vec::new();
    for _ in 0..bench.repetitions * 3 {
        let started = Instant::now();
        let here = "127.0.0.1:0";
        let mut process = Process::start(bench.faultmart(&[
            "serve",
            "lab",
            "--listen-otlp-http",
            here,
            "--listen-otlp-grpc",
            here,
            "--listen-page",
            here,
        ]))?;
        process.line(Duration::from_secs(10))?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    Ok(Row::promised(
        "ready to receive",
        median(&times),
        Unit::Milliseconds,
        Reach::AtMost(25.0),
        String::new(),
    ))
}

/// Spans per CPU-second, and memory of a stored span over its bytes on the wire, turn by turn.
#[derive(Default)]
struct Figures {
    http: Vec<f64>,
    grpc: Vec<f64>,
    memory: Vec<f64>,
}

impl Figures {
    /// A fresh server for each way in.
    fn take(&mut self, start: impl Fn() -> Result<Backend, String>) -> Result<(), String> {
        let backend = start()?;
        let process = backend.server.process.id();
        let (memory, _) = resident_bytes(process)?;
        let mut wire = 0;
        self.http.push(per_cpu_second(&backend, |backend| {
            let mut client = Client::open(backend.http)?;
            for number in 0..REQUESTS {
                let body = spans::request(number).encode_to_vec();
                wire += body.len();
                client.send(&body)?;
            }
            Ok(())
        })?);
        let (after, _) = resident_bytes(process)?;
        self.memory
            .push(after.saturating_sub(memory) as f64 / wire as f64);
        drop(backend);
        let backend = start()?;
        self.grpc.push(per_cpu_second(&backend, |backend| {
            spans::send_over_grpc(backend.grpc, 0..REQUESTS)
        })?);
        Ok(())
    }
}

fn per_cpu_second(
    backend: &Backend,
    send: impl FnOnce(&Backend) -> Result<(), String>,
) -> Result<f64, String> {
    let process = backend.server.process.id();
    let before = cpu_seconds(process)?;
    send(backend)?;
    spans::await_queryable(backend, REQUESTS)?;
    Ok((REQUESTS * SPANS) as f64 / (cpu_seconds(process)? - before))
}
