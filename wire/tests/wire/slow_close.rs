//! An answer that ends with its connection, and a connection that ends late.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::*;

const HOLD: Duration = Duration::from_millis(300);

fn ask(client: &mut TcpStream, baggage: &str) {
    write!(client, "GET / HTTP/1.1\r\nbaggage: {baggage}\r\n\r\n").unwrap();
}

/// What comes at once, and how long it takes until the end is told.
fn read_slowly_closed(client: &mut TcpStream, whole: &str) -> Duration {
    let sent = Instant::now();
    assert_eq!(
        String::from_utf8(read_exactly(client, whole.len())).unwrap(),
        whole
    );
    let came = sent.elapsed();
    assert!(came < HOLD, "the bytes are not held: {came:?}");
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    sent.elapsed()
}

#[test]
fn all_bytes_but_the_length_come_at_once_and_the_end_comes_late() {
    let address = service(|mut stream| {
        read_head(&mut stream).unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nx: y\r\nContent-Length: 5\r\nz: z\r\n\r\nhello")
            .unwrap();
        // The service means to keep the connection, and is told that it ends.
        assert_eq!(read_to_end(&mut stream), "");
    });
    let wire = Setup::http(address).referee().start();
    let mut client = wire.connect();
    ask(
        &mut client,
        "load.sequence=1,fault.slow-close=gateway->orders;hold=300ms",
    );
    let took = read_slowly_closed(&mut client, "HTTP/1.1 200 OK\r\nx: y\r\nz: z\r\n\r\nhello");
    assert!(took >= HOLD, "{took:?}");
    let applied = wire.applied();
    assert_eq!((applied.fault, applied.sequence), ("slow-close", Some(1)));
    assert!((300.0..1_500.0).contains(&applied.effect), "{}", applied.effect);
}

#[test]
fn the_end_is_held_back_whatever_the_service_does_meanwhile() {
    for answer in [
        "HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nhello",
        "HTTP/1.1 204 No Content\r\n\r\n",
    ] {
        let address = service(move |mut stream| {
            read_head(&mut stream).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let wire = Setup::http(address).referee().start();
        let mut client = wire.connect();
        ask(&mut client, "fault.slow-close=gateway->orders;hold=300ms");
        assert!(read_slowly_closed(&mut client, answer) >= HOLD, "{answer:?}");
        assert!(wire.applied().effect >= 300.0);
    }
}

#[test]
fn other_requests_of_the_connection_are_answered_as_ever() {
    let wire = Setup::http(healthy_service()).referee().start();
    let mut client = wire.connect();
    for baggage in [
        "load.sequence=1",
        "load.sequence=2,fault.slow-close=gateway->users",
    ] {
        ask(&mut client, baggage);
        assert_eq!(read_exactly(&mut client, OK.len()), OK);
    }
    client.set_nonblocking(true).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(wire.applied_until_the_end(), []);
}

#[test]
fn a_client_that_does_not_wait_for_the_end_is_told_of_as_well() {
    let wire = Setup::http(healthy_service()).referee().start();
    let mut client = wire.connect();
    ask(
        &mut client,
        "load.sequence=3,fault.slow-close=gateway->orders;hold=9s",
    );
    read_head(&mut client).unwrap();
    assert_eq!(read_exactly(&mut client, 2), b"ok");
    drop(client);
    let applied = wire.applied();
    assert_eq!(applied.sequence, Some(3));
    assert!(applied.effect < 9_000.0, "{}", applied.effect);
}

#[test]
fn set_for_a_time_it_lets_go_when_it_is_cleared() {
    let wire = Setup::http(healthy_service()).referee().start();
    wire.set_faults(r#"{"fault":"slow-close","at":"gateway->orders","parameters":{"hold":"10s"}}"#);
    let mut client = wire.connect();
    ask(&mut client, "a=b");
    read_head(&mut client).unwrap();
    let sent = Instant::now();
    wire.set_faults("");
    assert_eq!(read_to_end(&mut client), "ok");
    assert!(sent.elapsed() < Duration::from_secs(9));
    let mut client = wire.connect();
    ask(&mut client, "a=b");
    assert_eq!(read_exactly(&mut client, OK.len()), OK);
    assert_eq!(wire.applied_until_the_end().len(), 1);
}
