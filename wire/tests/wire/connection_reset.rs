//! An answer that breaks off: some of it comes, and then ECONNRESET on both sides.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::channel;

use crate::support::*;

/// What comes until the connection breaks, which it must.
fn until_reset(client: &mut TcpStream) -> Vec<u8> {
    let (mut all, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        match client.read(&mut piece) {
            Ok(0) => panic!("closed after {} bytes", all.len()),
            Ok(count) => all.extend_from_slice(&piece[..count]),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                return all;
            }
        }
    }
}

fn ask(client: &mut TcpStream, baggage: &str) {
    write!(client, "GET / HTTP/1.1\r\nbaggage: {baggage}\r\n\r\n").unwrap();
}

#[test]
fn so_many_bytes_of_the_body_come_and_both_sides_see_a_reset() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n";
    let (sender, receiver) = channel();
    let address = service(move |mut stream| {
        read_head(&mut stream).unwrap();
        write!(stream, "{head}{}", "x".repeat(100)).unwrap();
        let ended = stream.read(&mut [0]).map_err(|error| error.kind());
        sender.send(ended).unwrap();
    });
    let wire = Setup::http(address).referee().start();
    for (after, comes) in [("0B", 0), ("30B", 30), ("99B", 99), ("1KiB", 99)] {
        let mut client = wire.connect();
        ask(
            &mut client,
            &format!("fault.connection-reset=gateway->orders;after={after}"),
        );
        let seen = String::from_utf8(until_reset(&mut client)).unwrap();
        assert_eq!(seen, format!("{head}{}", "x".repeat(comes)), "{after}");
        assert_eq!(
            receiver.recv_timeout(PATIENCE).unwrap(),
            Err(ErrorKind::ConnectionReset)
        );
        let applied = wire.applied();
        assert_eq!((applied.fault, applied.effect), ("connection-reset", 1.0));
    }
}

#[test]
fn whatever_says_where_an_answer_ends_it_is_never_whole() {
    for answer in [
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nuntil the end",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    ] {
        let address = service(move |mut stream| {
            read_head(&mut stream).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let wire = Setup::http(address).referee().start();
        let mut client = wire.connect();
        ask(&mut client, "fault.connection-reset=gateway->orders;after=1KiB");
        let seen = String::from_utf8(until_reset(&mut client)).unwrap();
        assert!(answer.starts_with(&seen), "{answer:?}: {seen:?}");
        assert_eq!(wire.applied().effect, 1.0, "{answer:?}");
    }
}

#[test]
fn only_the_picked_request_is_reset_and_it_is_not_when_it_is_tried_again() {
    let wire = Setup::http(healthy_service()).referee().start();
    let mut client = wire.connect();
    ask(&mut client, "load.sequence=1");
    assert_eq!(read_exactly(&mut client, OK.len()), OK);
    let picked = "load.sequence=2,fault.connection-reset=gateway->orders";
    ask(&mut client, picked);
    until_reset(&mut client);
    let mut client = wire.connect();
    for baggage in [
        picked,
        "load.sequence=3",
        "load.sequence=4,fault.connection-reset=gateway->users",
    ] {
        ask(&mut client, baggage);
        assert_eq!(read_exactly(&mut client, OK.len()), OK, "{baggage}");
    }
    let applied = wire.applied_until_the_end();
    assert_eq!(applied.len(), 1, "{applied:?}");
    assert_eq!(applied[0].sequence, Some(2));
}

#[test]
fn connections_to_a_database_break_while_the_fault_is_set_and_no_longer() {
    let address = service(|mut stream| {
        let mut query = [0; 100];
        while let Ok(count) = stream.read(&mut query)
            && count > 0
        {
            stream.write_all(&query[..count]).unwrap();
        }
    });
    let wire = Setup::tcp(address).referee().start();
    let (mut old, mut untouched) = (wire.connect(), wire.connect());
    for client in [&mut old, &mut untouched] {
        client.write_all(b"query").unwrap();
        assert_eq!(read_exactly(client, 5), b"query");
    }
    wire.set_faults(r#"{"fault":"connection-reset","at":"orders->database","parameters":{"after":"7B"}}"#);
    for mut client in [old, wire.connect()] {
        client.write_all(b"0123456789").unwrap();
        assert_eq!(until_reset(&mut client), b"0123456");
    }
    wire.set_faults("");
    untouched.write_all(b"another query").unwrap();
    assert_eq!(read_exactly(&mut untouched, 13), b"another query");
    drop(untouched);
    let applied = wire.applied_until_the_end();
    assert_eq!(
        applied.iter().map(|applied| applied.effect).sum::<f64>(),
        2.0,
        "{applied:?}"
    );
}
