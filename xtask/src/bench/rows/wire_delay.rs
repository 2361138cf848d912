//! How precisely the wire delays: on one connection, each delayed answer is compared with an undelayed one just before it.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use crate::bench::http::Connection;
use crate::bench::row::{Reach, Row, Unit};
use crate::bench::statistics::percentile;
use crate::bench::{Bench, Measurement, interrupt, peers, servers};

/// The measurement.
pub const WIRE_DELAY: Measurement = Measurement {
    name: "wire-delay",
    title: "error of a 5 ms delay: (latency with − without) − 5 ms",
    measure,
};

const DELAY_MS: u32 = 5;
/// Pairs of answers, one delayed and one not.
const PAIRS: usize = 400;
/// Between two requests, so that none is answered by a machine that is still warm from the last.
const PAUSE: Duration = Duration::from_millis(2);

fn measure(bench: &Bench) -> Result<Vec<Row>, String> {
    let nginx = match peers::NGINX.find() {
        Ok(nginx) => servers::nginx(&nginx, bench.folder.path())?,
        Err(why) => return Ok(vec![Row::skipped("delay of the wire", why)]),
    };
    let wire = servers::wire(bench.faultmart(&[]), nginx.address)?;
    let (plain, delayed) = (
        &mut Connection::open(wire.address)?,
        &mut Connection::open(wire.address)?,
    );
    let fault = format!("baggage: fault.network-latency=client->gateway;delay={DELAY_MS}ms\r\n");
    let errors = errors(|| plain.get("/api/home", ""), || delayed.get("/api/home", &fault))?;
    let mut rows = vec![
        Row::promised(
            "wire, p50",
            percentile(&errors, 0.5),
            Unit::Milliseconds,
            Reach::AtMost(0.15),
            String::new(),
        ),
        Row::promised(
            "wire, p99",
            percentile(&errors, 0.99),
            Unit::Milliseconds,
            Reach::AtMost(0.5),
            String::new(),
        ),
    ];
    rows.extend(toxiproxys(nginx.address)?);
    Ok(rows)
}

fn toxiproxys(upstream: SocketAddr) -> Result<Vec<Row>, String> {
    let program = match peers::TOXIPROXY.find() {
        Ok(program) => program,
        Err(why) => return Ok(vec![Row::skipped("toxiproxy", why)]),
    };
    let plain = servers::toxiproxy(&program, upstream, None)?;
    let delayed = servers::toxiproxy(&program, upstream, Some(DELAY_MS))?;
    let (mut plain, mut delayed) = (
        Connection::open(plain.address)?,
        Connection::open(delayed.address)?,
    );
    let errors = errors(|| plain.get("/", ""), || delayed.get("/", ""))?;
    Ok(vec![
        Row::plain(
            "toxiproxy, p50",
            percentile(&errors, 0.5),
            Unit::Milliseconds,
            String::new(),
        ),
        Row::plain(
            "toxiproxy, p99",
            percentile(&errors, 0.99),
            Unit::Milliseconds,
            String::new(),
        ),
    ])
}

/// By how many milliseconds the delayed answers miss the delay, early or late.
fn errors(
    mut plain: impl FnMut() -> Result<(), String>,
    mut delayed: impl FnMut() -> Result<(), String>,
) -> Result<Vec<f64>, String> {
    let timed = |request: &mut dyn FnMut() -> Result<(), String>| {
        thread::sleep(PAUSE);
        let sent = Instant::now();
        request().map(|()| sent.elapsed().as_secs_f64() * 1e3)
    };
    (0..PAIRS)
        .map(|_| {
            interrupt::check()?;
            let without = timed(&mut plain)?;
            Ok((timed(&mut delayed)? - without - f64::from(DELAY_MS)).abs())
        })
        .collect()
}
