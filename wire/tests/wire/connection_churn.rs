//! Connections that are used once: as many are accepted as there are calls, and each new one costs a handshake.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use faults::truth::Role;

use crate::support::*;

const HANDSHAKE: Duration = Duration::from_millis(200);

/// Who waited longer has paid. The handshake begins when the connection is accepted, and the request comes a little later.
const PAID: Duration = Duration::from_millis(100);

/// A service that counts the connections it accepts.
fn counting_service() -> (SocketAddr, Arc<AtomicUsize>) {
    let accepted = Arc::new(AtomicUsize::new(0));
    let count = accepted.clone();
    let address = service(move |mut stream| {
        count.fetch_add(1, Ordering::SeqCst);
        while read_head(&mut stream).is_some() {
            stream.write_all(OK).unwrap();
        }
    });
    (address, accepted)
}

fn churn(sequence: u64) -> String {
    format!("load.sequence={sequence},fault.connection-churn=gateway->orders;handshake=200ms")
}

/// Asks and reads the answer; how long that took.
fn ask(client: &mut TcpStream, baggage: &str) -> Duration {
    let sent = Instant::now();
    write!(client, "GET / HTTP/1.1\r\nbaggage: {baggage}\r\n\r\n").unwrap();
    assert_eq!(read_exactly(client, OK.len()), OK);
    sent.elapsed()
}

#[test]
fn every_call_needs_a_connection_of_its_own_and_waits_for_it() {
    let (address, accepted) = counting_service();
    let wire = Setup::http(address).referee().start();
    for sequence in 0..4 {
        let mut client = wire.connect();
        let took = ask(&mut client, &churn(sequence));
        assert_eq!(took >= PAID, sequence > 0, "{sequence}: {took:?}");
        // The end is there with the answer: whoever has read it knows.
        client.set_nonblocking(true).unwrap();
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        drop(client);
    }
    assert_eq!(accepted.load(Ordering::SeqCst), 4);
    let applied = wire.applied_until_the_end();
    let struck: Vec<_> = applied
        .iter()
        .map(|applied| (applied.sequence, applied.role, applied.effect >= 100.0))
        .collect();
    assert_eq!(
        struck,
        [0, 1, 2, 3].map(|sequence| (Some(sequence), Role::Culprit, sequence > 0))
    );
}

#[test]
fn who_was_not_picked_keeps_the_connection_and_who_pays_for_another_is_a_bystander() {
    let (address, accepted) = counting_service();
    let wire = Setup::http(address).referee().start();
    let mut kept = wire.connect();
    assert!(ask(&mut kept, "load.sequence=1") < HANDSHAKE);
    assert!(ask(&mut wire.connect(), &churn(2)) < HANDSHAKE);
    // It has its connection.
    assert!(ask(&mut kept, "load.sequence=3") < HANDSHAKE);
    let mut next = wire.connect();
    assert!(ask(&mut next, "load.sequence=4") >= PAID);
    assert!(ask(&mut next, "load.sequence=5") < HANDSHAKE);
    assert!(
        ask(&mut wire.connect(), "load.sequence=6") < HANDSHAKE,
        "paid already"
    );
    assert!(ask(&mut wire.connect(), &churn(7)) < HANDSHAKE);
    assert!(
        ask(&mut wire.connect(), "a=b") >= PAID,
        "a request of no plan pays too, and is nobody's victim"
    );
    assert_eq!(accepted.load(Ordering::SeqCst), 6);
    let roles: Vec<_> = wire
        .applied_until_the_end()
        .iter()
        .map(|applied| (applied.sequence, applied.role))
        .collect();
    assert_eq!(
        roles,
        [
            (Some(2), Role::Culprit),
            (Some(4), Role::Bystander),
            (Some(7), Role::Culprit)
        ]
    );
}

#[test]
fn requests_that_were_sent_ahead_are_answered_before_the_connection_is_closed() {
    let (address, accepted) = counting_service();
    let wire = Setup::http(address).start();
    let mut client = wire.connect();
    let picked = format!("GET / HTTP/1.1\r\nbaggage: {}\r\n\r\n", churn(1));
    write!(client, "{picked}GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(read_to_end(&mut client).as_bytes(), OK.repeat(3));
    assert_eq!(accepted.load(Ordering::SeqCst), 1);
}

#[test]
fn set_for_a_time_it_ends_with_its_window() {
    let (address, accepted) = counting_service();
    let wire = Setup::http(address).start();
    wire.set_faults(
        r#"{"fault":"connection-churn","at":"gateway->orders","parameters":{"handshake":"0ms"}}"#,
    );
    for _ in 0..3 {
        let mut client = wire.connect();
        ask(&mut client, "a=b");
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
    }
    wire.set_faults("");
    let mut client = wire.connect();
    for _ in 0..3 {
        ask(&mut client, "a=b");
    }
    assert_eq!(accepted.load(Ordering::SeqCst), 4);
}
