//! Segments that are sent again: what is lost waits for the timer, and everything behind it waits with it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::*;

/// Some hundred segments.
const SIZE: usize = 300_000;
const TIMEOUT: Duration = Duration::from_millis(100);

fn body() -> Vec<u8> {
    (0..SIZE).map(|index| (index % 251) as u8).collect()
}

fn large_service() -> std::net::SocketAddr {
    service(|mut stream| {
        while read_head(&mut stream).is_some() {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {SIZE}\r\n\r\n").unwrap();
            stream.write_all(&body()).unwrap();
        }
    })
}

fn fetch(client: &mut TcpStream, baggage: &str) -> Duration {
    let sent = Instant::now();
    write!(client, "GET / HTTP/1.1\r\nbaggage: {baggage}\r\n\r\n").unwrap();
    read_head(client).unwrap();
    assert!(read_exactly(client, SIZE) == body(), "in order, and unchanged");
    sent.elapsed()
}

#[test]
fn a_lossy_answer_stalls_and_comes_whole_and_others_do_not() {
    let wire = Setup::http(large_service()).referee().start();
    let mut client = wire.connect();
    let lossy = "load.sequence=2,fault.loss=gateway->orders;probability=0.3;timeout=100ms;direction=response";
    for (baggage, stalls) in [
        ("load.sequence=1", false),
        (lossy, true),
        ("load.sequence=3", false),
        ("load.sequence=4,fault.loss=gateway->users;probability=0.9", false),
    ] {
        let took = fetch(&mut client, baggage);
        assert_eq!(took >= TIMEOUT, stalls, "{baggage}: {took:?}");
    }
    let applied = wire.applied_until_the_end();
    assert_eq!(applied.len(), 1, "{applied:?}");
    assert_eq!((applied[0].fault, applied[0].sequence), ("loss", Some(2)));
    // A timeout, or one and twice that, and so on: five times at most.
    assert!(
        (100.0..5_000.0).contains(&applied[0].effect),
        "{}",
        applied[0].effect
    );
}

#[test]
fn one_seed_loses_the_same_segments() {
    let held = || {
        let wire = Setup::http(large_service()).referee().start();
        let mut client = wire.connect();
        fetch(
            &mut client,
            "load.sequence=5,fault.loss=gateway->orders;probability=0.3;timeout=200ms;direction=response",
        );
        // In timeouts: 1, 3, 7, 15 or 31 for the unluckiest segment.
        (wire.applied().effect / 200.0).floor()
    };
    let first = held();
    assert!(first >= 1.0);
    assert_eq!(first, held());
}

#[test]
fn statements_on_a_connection_to_a_database_stall_one_by_one_until_the_fault_is_cleared() {
    let address = service(|mut stream| {
        let mut query = [0; 100];
        while let Ok(count) = stream.read(&mut query)
            && count > 0
        {
            stream.write_all(&query[..count]).unwrap();
        }
    });
    let wire = Setup::tcp(address).referee().start();
    let mut client = wire.connect();
    let mut stalled = |count: usize| {
        let stalls = (0..count).filter(|_| {
            let sent = Instant::now();
            client.write_all(b"query").unwrap();
            assert_eq!(read_exactly(&mut client, 5), b"query");
            sent.elapsed() >= TIMEOUT
        });
        stalls.count()
    };
    assert_eq!(stalled(10), 0);
    wire.set_faults(
        r#"{"fault":"loss","at":"orders->database","parameters":{"probability":"0.2","timeout":"100ms","direction":"response"}}"#,
    );
    let some = stalled(25);
    assert!((1..25).contains(&some), "{some}");
    wire.set_faults("");
    assert_eq!(stalled(10), 0);
    drop(client);
    assert_eq!(wire.applied_until_the_end().len(), 1);
}
