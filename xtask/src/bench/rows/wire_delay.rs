//! How precisely the wire delays: each delayed answer is compared with an undelayed one that was asked for just before it. Measured
//! is from when the server sent it to when it arrived; how long an idle server takes to wake for a request is no part of it.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use crate::bench::http::Connection;
use crate::bench::row::{Reach, Row, Unit};
use crate::bench::servers::{self, Server};
use crate::bench::statistics::{median, percentile};
use crate::bench::{Bench, Measurement, stamping};
use crate::interrupt;
use crate::peers;

/// The measurement.
pub const WIRE_DELAY: Measurement = Measurement {
    name: "wire-delay",
    title: "error of a 5 ms delay: (under way with − without) − 5 ms",
    measure,
};

const DELAY_MS: u32 = 5;
/// Pairs of answers, one delayed and one not, in each turn.
const PAIRS: usize = 250;
/// Between two requests, so that this is no measurement of a queue.
const PAUSE: Duration = Duration::from_millis(2);

fn measure(bench: &Bench) -> Result<Vec<Row>, String> {
    let server = stamping::start()?;
    let mut wire = Pair::of_wire(bench, server)?;
    let toxiproxy = peers::TOXIPROXY.find();
    let mut peer = match &toxiproxy {
        Ok(program) => Some(Pair::of_toxiproxy(program, server)?),
        Err(_) => None,
    };
    let (mut ours, mut theirs) = (Errors::default(), Errors::default());
    for _ in 0..bench.repetitions {
        ours.add(&wire.errors_ms()?);
        if let Some(peer) = &mut peer {
            theirs.add(&peer.errors_ms()?);
        }
    }
    let reach = |what, figures: &[f64], most| {
        Row::promised(
            what,
            median(figures),
            Unit::Milliseconds,
            Reach::AtMost(most),
            String::new(),
        )
    };
    let plain = |what, figures: &[f64]| Row::plain(what, median(figures), Unit::Milliseconds, String::new());
    let mut rows = vec![
        reach("wire, p50", &ours.p50, 0.15),
        reach("wire, p99", &ours.p99, 0.5),
    ];
    match toxiproxy {
        Ok(_) => rows.extend([
            plain("toxiproxy, p50", &theirs.p50),
            plain("toxiproxy, p99", &theirs.p99),
        ]),
        Err(why) => rows.push(Row::skipped("toxiproxy", why)),
    }
    Ok(rows)
}

/// The percentiles of each turn.
#[derive(Default)]
struct Errors {
    p50: Vec<f64>,
    p99: Vec<f64>,
}

impl Errors {
    fn add(&mut self, errors_ms: &[f64]) {
        self.p50.push(percentile(errors_ms, 0.5));
        self.p99.push(percentile(errors_ms, 0.99));
    }
}

/// Two connections to one server: on one, answers are delayed.
struct Pair {
    plain: Connection,
    delayed: Connection,
    /// What asks for the delay, where it is asked for with the request.
    fault: String,
    _proxies: Vec<Server>,
}

impl Pair {
    fn of_wire(bench: &Bench, upstream: SocketAddr) -> Result<Self, String> {
        let wire = servers::wire(bench.faultmart(&[]), upstream)?;
        Ok(Self {
            plain: Connection::open(wire.address)?,
            delayed: Connection::open(wire.address)?,
            fault: format!("baggage: fault.network-latency=client->gateway;delay={DELAY_MS}ms\r\n"),
            _proxies: vec![wire],
        })
    }

    fn of_toxiproxy(program: &std::path::Path, upstream: SocketAddr) -> Result<Self, String> {
        let plain = servers::toxiproxy(program, upstream, None)?;
        let delayed = servers::toxiproxy(program, upstream, Some(DELAY_MS))?;
        Ok(Self {
            plain: Connection::open(plain.address)?,
            delayed: Connection::open(delayed.address)?,
            fault: String::new(),
            _proxies: vec![plain, delayed],
        })
    }

    /// By how many milliseconds the delayed answers miss the delay, early or late.
    fn errors_ms(&mut self) -> Result<Vec<f64>, String> {
        let error = |_| {
            interrupt::check()?;
            let without = under_way_ms(&mut self.plain, "")?;
            let with = under_way_ms(&mut self.delayed, &self.fault)?;
            Ok((with - without - f64::from(DELAY_MS)).abs())
        };
        (0..PAIRS).map(error).collect()
    }
}

fn under_way_ms(connection: &mut Connection, headers: &str) -> Result<f64, String> {
    thread::sleep(PAUSE);
    Ok(connection.under_way("/api/home", headers)?.as_secs_f64() * 1e3)
}
