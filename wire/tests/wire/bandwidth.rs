//! A narrow line: bytes get through at its rate, unchanged, and only those of whom it strikes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::support::*;

const SIZE: usize = 64 << 10;
/// What 64 KiB take at 128 KiB a second.
const TIME: Duration = Duration::from_millis(500);

fn body() -> Vec<u8> {
    (0..SIZE).map(|index| (index % 251) as u8).collect()
}

/// A service that answers every request with 64 KiB.
fn generous_service() -> SocketAddr {
    service(|mut stream| {
        while read_head(&mut stream).is_some() {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {SIZE}\r\n\r\n").unwrap();
            stream.write_all(&body()).unwrap();
        }
    })
}

/// When the answer's first and its last byte came.
fn fetch(client: &mut TcpStream, baggage: &str) -> [Duration; 2] {
    let sent = Instant::now();
    write!(client, "GET / HTTP/1.1\r\nbaggage: {baggage}\r\n\r\n").unwrap();
    read_head(client).unwrap();
    let first = sent.elapsed();
    assert!(read_exactly(client, SIZE) == body());
    [first, sent.elapsed()]
}

#[test]
fn an_answer_comes_at_the_rate_of_the_line_and_not_all_at_its_end() {
    let wire = Setup::http(generous_service()).referee().start();
    let mut client = wire.connect();
    let narrow = "load.sequence=1,fault.bandwidth=gateway->orders;rate=128KiB/s";
    let [first, last] = fetch(&mut client, narrow);
    assert!(last >= TIME, "{last:?}");
    // Bytes a second, from the clock: no more than the rate, and not far below it however busy the machine is.
    let rate = SIZE as f64 / last.as_secs_f64();
    assert!((32_000.0..=131_072.0).contains(&rate), "{rate}");
    assert!(
        first < TIME,
        "the first bytes do not wait for the last: {first:?}"
    );
    let applied = wire.applied_until_the_end();
    assert_eq!((applied.len(), applied[0].fault), (1, "bandwidth"));
    assert_eq!(applied[0].sequence, Some(1));
    assert!(
        // The longest wait of a piece; the last may have come a while after the first.
        (250.0..2_000.0).contains(&applied[0].effect),
        "{}",
        applied[0].effect
    );
}

#[test]
fn a_burst_goes_at_once_and_what_is_beyond_it_does_not() {
    let wire = Setup::http(generous_service()).start();
    let mut client = wire.connect();
    let whole = "fault.bandwidth=gateway->orders;rate=16KiB/s;burst=128KiB";
    assert!(
        fetch(&mut client, whole)[1] < Duration::from_secs(2),
        "4 s without the burst"
    );
    let half = "fault.bandwidth=gateway->orders;rate=64KiB/s;burst=32KiB";
    assert!(fetch(&mut client, half)[1] >= TIME);
}

#[test]
fn other_requests_of_the_connection_and_the_other_direction_are_not_slowed() {
    let wire = Setup::http(generous_service()).referee().start();
    let mut client = wire.connect();
    for (baggage, slowed) in [
        ("load.sequence=1", false),
        (
            "load.sequence=2,fault.bandwidth=gateway->orders;rate=128KiB/s",
            true,
        ),
        ("load.sequence=3", false),
        (
            "load.sequence=4,fault.bandwidth=gateway->users;rate=1KiB/s",
            false,
        ),
        // The request is small.
        (
            "load.sequence=5,fault.bandwidth=gateway->orders;rate=4KiB/s;direction=request",
            false,
        ),
    ] {
        let last = fetch(&mut client, baggage)[1];
        assert_eq!(last >= TIME, slowed, "{baggage}: {last:?}");
    }
    let struck: Vec<_> = wire
        .applied_until_the_end()
        .iter()
        .map(|applied| applied.sequence)
        .collect();
    assert_eq!(struck, [Some(2), Some(5)]);
}

#[test]
fn a_request_is_slowed_on_its_way_to_the_service() {
    let address = service(|mut stream| {
        let sent = Instant::now();
        read_head(&mut stream).unwrap();
        assert!(read_exactly(&mut stream, SIZE) == body());
        assert!(
            sent.elapsed() >= TIME - Duration::from_millis(50),
            "{:?}",
            sent.elapsed()
        );
        stream.write_all(OK).unwrap();
    });
    let wire = Setup::http(address).start();
    let mut client = wire.connect();
    let baggage = "fault.bandwidth=gateway->orders;rate=128KiB/s;direction=request";
    let sent = Instant::now();
    write!(
        client,
        "POST / HTTP/1.1\r\nbaggage: {baggage}\r\ncontent-length: {SIZE}\r\n\r\n"
    )
    .unwrap();
    client.write_all(&body()).unwrap();
    assert_eq!(read_exactly(&mut client, OK.len()), OK);
    assert!(sent.elapsed() >= TIME);
}

#[test]
fn a_connection_to_a_database_is_slowed_until_the_fault_is_cleared_and_then_at_once_no_more() {
    let address = service(|mut stream| {
        while stream.read(&mut [0; 5]).is_ok_and(|count| count > 0) {
            stream.write_all(&body()).unwrap();
        }
    });
    let wire = Setup::tcp(address).referee().start();
    let mut client = wire.connect();
    let mut ask = |while_it_comes: &dyn Fn()| {
        let sent = Instant::now();
        client.write_all(b"query").unwrap();
        assert!(read_exactly(&mut client, 1) == body()[..1]);
        while_it_comes();
        assert!(read_exactly(&mut client, SIZE - 1) == body()[1..]);
        sent.elapsed()
    };
    let set = |rate: &str| {
        wire.set_faults(&format!(
            r#"{{"fault":"bandwidth","at":"orders->database","parameters":{{"rate":"{rate}"}}}}"#
        ));
    };
    assert!(ask(&|| {}) < TIME);
    set("128KiB/s");
    assert!(ask(&|| {}) >= TIME);
    // At this rate it would take a minute; what is held goes on when the fault is cleared.
    set("1KiB/s");
    assert!(ask(&|| wire.set_faults("")) < PATIENCE);
    assert!(ask(&|| {}) < TIME);
    let applied = wire.applied_until_the_end();
    assert_eq!(applied.len(), 2, "one for each connection and fault: {applied:?}");
    assert!(
        applied
            .iter()
            .all(|applied| applied.sequence.is_none() && applied.at == DATABASE)
    );
}
