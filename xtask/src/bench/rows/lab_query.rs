//! How long questions take over a million spans, what giving all spans back takes, and whether taking spans and answering
//! questions keep each other waiting.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use prost::Message as _;

use crate::bench::machine::resident_bytes;
use crate::bench::row::{Reach, Row, Unit};
use crate::bench::servers::{self, Backend};
use crate::bench::spans::{self, Client, SOUGHT};
use crate::bench::statistics::{median, percentile};
use crate::bench::{Bench, Measurement};

/// The measurement.
pub const LAB_QUERY: Measurement = Measurement {
    name: "lab-query",
    title: "questions over 1,000,000 spans of 343 bytes with 10 attributes",
    measure,
};

/// A million spans.
const REQUESTS: u64 = 1_000;
/// 300,000 spans.
const GIVEN_BACK: u64 = 300;

fn measure(bench: &Bench) -> Result<Vec<Row>, String> {
    let mut rows = vec![give_back(bench)?];
    let lab = filled(bench, REQUESTS)?;
    // Nothing fulfils the counts, so that every trace is looked at: a search that has found enough passes over those
    // that started before.
    let filter = format!("{{ span.attribute.0 = \"{SOUGHT}\" }} | count() > 1");
    let structural = "{ name = \"GET /orders\" } >> { span.attribute.9 = \"value-9\" } | count() > 9";
    for (what, query, bound) in [
        ("attribute filter", filter.as_str(), 150.0),
        // Without bytes that could be looked for, so that every span is looked at.
        ("filter by attributes with ||", "{ .a = 1 || span.b > 3 }", 150.0),
        ("filter by duration", "{ duration > 1s }", 150.0),
        ("filter by a pattern", "{ name =~ `DELETE .*` }", 150.0),
        ("structural query (>>)", structural, 600.0),
    ] {
        let mut times = Vec::new();
        let mut client = Client::open(lab.server.address)?;
        for _ in 0..bench.repetitions {
            times.push(timed(&mut client, query)?);
        }
        rows.push(Row::promised(
            what,
            median(&times),
            Unit::Milliseconds,
            Reach::AtMost(bound),
            String::new(),
        ));
    }
    rows.extend(side_by_side(&lab, &filter)?);
    Ok(rows)
}

fn filled(bench: &Bench, requests: u64) -> Result<Backend, String> {
    let lab = servers::lab(bench.faultmart(&["serve", "lab"]))?;
    let mut client = Client::open(lab.http)?;
    for number in 0..requests {
        client.send(&spans::request(number).encode_to_vec())?;
    }
    Ok(lab)
}

/// How long a search takes, in milliseconds.
fn timed(client: &mut Client, query: &str) -> Result<f64, String> {
    let mut path = "/api/search?limit=20&q=".to_owned();
    for byte in query.bytes() {
        path += &format!("%{byte:02X}");
    }
    let started = Instant::now();
    match client.ask(&path)? {
        (200, _) => Ok(started.elapsed().as_secs_f64() * 1e3),
        (status, _) => Err(format!("the lab answered {status} to {query}")),
    }
}

/// The most memory while all spans are given back, over what they take.
fn give_back(bench: &Bench) -> Result<Row, String> {
    let lab = filled(bench, GIVEN_BACK)?;
    let process = lab.server.process.id();
    let (stored, _) = resident_bytes(process)?;
    let path = "/jaeger/api/v3/traces?query.startTimeMin=2026-01-01T00:00:00Z&query.startTimeMax=2026-02-01T00:00:00Z\
                &query.searchDepth=1000000";
    let started = Instant::now();
    let (status, bytes) = Client::open(lab.server.address)?.ask(path)?;
    // Each span takes at least its id's hex and its attributes' names.
    if status != 200 || bytes < GIVEN_BACK * spans::SPANS * 300 {
        return Err(format!(
            "the lab answered {status} and {bytes} bytes for all spans"
        ));
    }
    let (_, most) = resident_bytes(process)?;
    Ok(Row::promised(
        "all 300,000 spans back: peak / stored memory",
        most as f64 / stored as f64,
        Unit::Ratio,
        Reach::AtMost(2.0),
        format!(
            "{:.0} MB of JSON in {:.1} s, from {:.0} MB of memory",
            bytes as f64 / 1e6,
            started.elapsed().as_secs_f64(),
            stored as f64 / 1e6
        ),
    ))
}

/// How many requests a second are taken, and how long a search takes, each alone and both at once.
fn side_by_side(lab: &Backend, query: &str) -> Result<Vec<Row>, String> {
    let alone = taken_per_second(lab.http, REQUESTS, &AtomicBool::new(false))?;
    let mut client = Client::open(lab.server.address)?;
    let mut searches = Vec::new();
    for _ in 0..10 {
        searches.push(timed(&mut client, query)?);
    }
    let (done, http) = (AtomicBool::new(false), lab.http);
    let (together, meanwhile) = thread::scope(|scope| {
        let taking = scope.spawn(|| taken_per_second(http, 2 * REQUESTS, &done));
        let mut meanwhile = Vec::new();
        while meanwhile.len() < 20 {
            match timed(&mut client, query) {
                Ok(time) => meanwhile.push(time),
                Err(error) => {
                    done.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        done.store(true, Ordering::Relaxed);
        let taken = taking.join().map_err(|_| "the sender failed".to_owned())??;
        Ok((taken, meanwhile))
    })?;
    Ok(vec![
        Row::plain(
            "taking spans, searched / not searched",
            together / alone,
            Unit::Ratio,
            format!("{together:.0} against {alone:.0} requests a second of 1,000 spans"),
        ),
        Row::plain(
            "a search, spans coming / none coming",
            median(&meanwhile) / median(&searches),
            Unit::Ratio,
            format!(
                "{:.0} ms (p95 {:.0} ms) against {:.0} ms",
                median(&meanwhile),
                percentile(&meanwhile, 0.95),
                median(&searches)
            ),
        ),
    ])
}

/// Sends requests, 100 of them or until it is told that it is enough, and says how many were taken a second.
fn taken_per_second(http: SocketAddr, first: u64, done: &AtomicBool) -> Result<f64, String> {
    let bodies: Vec<Vec<u8>> = (first..first + 100)
        .map(|number| spans::request(number).encode_to_vec())
        .collect();
    let mut client = Client::open(http)?;
    let started = Instant::now();
    let mut sent = 0;
    // Sent anew they are resends, which are compared with what is stored and cost no less.
    while sent < bodies.len() || (first > REQUESTS && !done.load(Ordering::Relaxed)) {
        client.send(&bodies[sent % bodies.len()])?;
        sent += 1;
    }
    Ok(sent as f64 / started.elapsed().as_secs_f64())
}
