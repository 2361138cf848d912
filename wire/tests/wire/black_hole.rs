//! A request that is taken and never answered, until the caller gives up.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::channel;
use std::time::Duration;

use wire::Limits;

use crate::support::*;

/// Nothing comes, and the connection is open.
fn assert_silent(client: &mut TcpStream) {
    client.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let error = client.read(&mut [0]).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        "{error}"
    );
    client.set_read_timeout(Some(PATIENCE)).unwrap();
}

#[test]
fn the_service_never_hears_of_it_and_the_connection_stays_open_until_the_caller_gives_up() {
    let (sender, heard) = channel();
    let address = service(move |mut stream| {
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        sender.send(all).unwrap();
    });
    // It is not the wire that gives up.
    let short = Duration::from_millis(20);
    let limits = Limits {
        idle: short,
        half_request: short,
        ..Limits::default()
    };
    for gives_up in [
        drop::<TcpStream>,
        |client: TcpStream| reset(client),
        |client: TcpStream| {
            client.shutdown(Shutdown::Write).unwrap();
        },
    ] {
        let wire = Setup::http(address).limits(limits).referee().start();
        let mut client = wire.connect();
        let baggage = "load.sequence=1,fault.black-hole=gateway->orders";
        write!(
            client,
            "POST / HTTP/1.1\r\nbaggage: {baggage}\r\ncontent-length: 9\r\n\r\nhalf"
        )
        .unwrap();
        assert_silent(&mut client);
        client.write_all(b" more").unwrap();
        gives_up(client);
        assert_eq!(heard.recv_timeout(PATIENCE).unwrap(), b"");
        let applied = wire.applied();
        assert_eq!((applied.fault, applied.sequence), ("black-hole", Some(1)));
        assert!((50.0..10_000.0).contains(&applied.effect), "{}", applied.effect);
    }
}

#[test]
fn requests_before_it_are_answered_and_so_is_its_second_attempt() {
    let wire = Setup::http(healthy_service()).referee().start();
    let mut client = wire.connect();
    let ask = |client: &mut TcpStream, baggage: &str| {
        write!(client, "GET / HTTP/1.1\r\nbaggage: {baggage}\r\n\r\n").unwrap();
    };
    let picked = "load.sequence=2,fault.black-hole=gateway->orders";
    ask(&mut client, "load.sequence=1");
    assert_eq!(read_exactly(&mut client, OK.len()), OK);
    ask(&mut client, picked);
    assert_silent(&mut client);
    let mut other = wire.connect();
    for baggage in [picked, "load.sequence=3,fault.black-hole=gateway->users"] {
        ask(&mut other, baggage);
        assert_eq!(read_exactly(&mut other, OK.len()), OK, "{baggage}");
    }
    drop(client);
    let applied = wire.applied_until_the_end();
    assert_eq!(applied.len(), 1, "{applied:?}");
    assert_eq!(applied[0].sequence, Some(2));
}

#[test]
fn stopping_does_not_wait_for_what_is_never_answered() {
    let mut wire = Setup::http(healthy_service()).referee().start();
    let mut client = wire.connect();
    write!(
        client,
        "GET / HTTP/1.1\r\nbaggage: load.sequence=7,fault.black-hole=gateway->orders\r\n\r\n"
    )
    .unwrap();
    assert_silent(&mut client);
    wire.stop();
    wire.wait();
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    assert_eq!(wire.applied().sequence, Some(7));
}

#[test]
fn a_connection_to_a_database_is_silent_while_the_fault_is_set_and_then_broken() {
    let address = service(|mut stream| {
        let mut query = [0; 100];
        while let Ok(count) = stream.read(&mut query)
            && count > 0
        {
            stream.write_all(&query[..count]).unwrap();
        }
    });
    let wire = Setup::tcp(address).referee().start();
    let (mut struck, mut idle) = (wire.connect(), wire.connect());
    for client in [&mut struck, &mut idle] {
        client.write_all(b"query").unwrap();
        assert_eq!(read_exactly(client, 5), b"query");
    }
    wire.set_faults(r#"{"fault":"black-hole","at":"orders->database"}"#);
    struck.write_all(b"query").unwrap();
    assert_silent(&mut struck);
    // What disappeared does not come back; who lost nothing goes on.
    wire.set_faults("");
    assert_eq!(
        struck.read(&mut [0]).unwrap_err().kind(),
        ErrorKind::ConnectionReset
    );
    idle.write_all(b"query").unwrap();
    assert_eq!(read_exactly(&mut idle, 5), b"query");
    drop(idle);
    let applied = wire.applied_until_the_end();
    assert_eq!(applied.len(), 1, "{applied:?}");
    assert_eq!((applied[0].at.as_str(), applied[0].sequence), (DATABASE, None));
    assert!(applied[0].effect >= 50.0);
}
