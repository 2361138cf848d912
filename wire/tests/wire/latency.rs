//! Bytes are held, for as long as they should be, and the referee hears of it.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use faults::truth::Role;

use crate::support::*;

const DELAY: Duration = Duration::from_millis(80);

/// A service that answers at once and says when each request came.
fn punctual_service() -> (SocketAddr, Receiver<Instant>) {
    let (sender, receiver) = channel();
    let address = service(move |mut stream| {
        while read_head(&mut stream).is_some() {
            sender.send(Instant::now()).unwrap();
            stream.write_all(OK).unwrap();
        }
    });
    (address, receiver)
}

fn request(baggage: &str) -> String {
    format!(
        "GET / HTTP/1.1\r\nhost: x\r\ntraceparent: 00-0102030405060708090a0b0c0d0e0f10-1112131415161718-01\r\nbaggage: {baggage}\r\n\r\n"
    )
}

#[test]
fn a_request_is_held_and_its_answer_is_not() {
    let (address, came) = punctual_service();
    let wire = Setup::http(address).referee().start();
    let mut client = wire.connect();
    let sent = Instant::now();
    let baggage = "load.sequence=17,fault.network-latency=gateway->orders;delay=80ms;direction=request";
    client.write_all(request(baggage).as_bytes()).unwrap();
    let came = came.recv_timeout(PATIENCE).unwrap();
    assert!(came - sent >= DELAY, "{:?}", came - sent);
    assert_eq!(read_exactly(&mut client, OK.len()), OK);
    assert!(came.elapsed() < DELAY, "{:?}", came.elapsed());

    let applied = wire.applied();
    assert_eq!((applied.fault, applied.at.as_str()), ("network-latency", EDGE));
    assert_eq!((applied.sequence, applied.role), (Some(17), Role::Culprit));
    assert_eq!(
        applied.trace_id,
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
    );
    assert_eq!(
        applied.span_ids,
        [[0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18]]
    );
    assert!((80.0..2_000.0).contains(&applied.effect), "{}", applied.effect);
}

#[test]
fn what_is_far_takes_its_time_both_ways_and_is_no_part_of_a_fault() {
    const DISTANCE: Duration = Duration::from_millis(300);
    let (address, came) = punctual_service();
    let wire = Setup::http(address).distance(DISTANCE).referee().start();
    let mut client = wire.connect();
    let mut took = Duration::ZERO;
    for (baggage, held) in [
        ("load.sequence=1", Duration::ZERO),
        (
            "load.sequence=17,fault.network-latency=gateway->orders;delay=80ms",
            DELAY,
        ),
    ] {
        let sent = Instant::now();
        client.write_all(request(baggage).as_bytes()).unwrap();
        let came = came.recv_timeout(PATIENCE).unwrap();
        assert!(came - sent >= DISTANCE, "{:?}", came - sent);
        assert_eq!(read_exactly(&mut client, OK.len()), OK);
        took = came.elapsed();
        assert!(took >= DISTANCE + held, "{took:?}");
    }
    // Of the distance nobody is told.
    let applied = wire.applied();
    assert_eq!(applied.sequence, Some(17));
    let most = (took - DISTANCE).as_secs_f64() * 1e3;
    assert!(
        (80.0..=most).contains(&applied.effect),
        "{} of {most}",
        applied.effect
    );
}

#[test]
fn an_answer_is_held_and_a_raw_socket_sees_nothing_of_it_before() {
    let (address, came) = punctual_service();
    let wire = Setup::http(address).start();
    let mut client = wire.connect();
    let sent = Instant::now();
    let baggage = "fault.network-latency=gateway->orders;delay=80ms";
    client.write_all(request(baggage).as_bytes()).unwrap();
    let came = came.recv_timeout(PATIENCE).unwrap();
    assert!(came - sent < DELAY, "{:?}", came - sent);
    client.set_nonblocking(true).unwrap();
    while came.elapsed() < Duration::from_millis(70) {
        let early = client.read(&mut [0; 1]);
        assert!(matches!(early, Err(error) if error.kind() == ErrorKind::WouldBlock));
        std::thread::sleep(Duration::from_millis(1));
    }
    client.set_nonblocking(false).unwrap();
    assert_eq!(read_exactly(&mut client, OK.len()), OK);
    assert!(came.elapsed() >= DELAY);
}

#[test]
fn both_directions_are_held_and_told_as_one() {
    let (address, came) = punctual_service();
    let wire = Setup::http(address).referee().start();
    let mut client = wire.connect();
    let sent = Instant::now();
    let baggage = "load.sequence=3,fault.network-latency=gateway->orders;delay=40ms;direction=both";
    client.write_all(request(baggage).as_bytes()).unwrap();
    assert!(came.recv_timeout(PATIENCE).unwrap() - sent >= DELAY / 2);
    read_exactly(&mut client, OK.len());
    assert!(sent.elapsed() >= DELAY);
    let applied = wire.applied_until_the_end();
    assert_eq!(applied.len(), 1);
    assert!(
        (80.0..2_000.0).contains(&applied[0].effect),
        "{}",
        applied[0].effect
    );
}

#[test]
fn only_the_picked_request_of_a_connection_is_held() {
    let (address, _came) = punctual_service();
    let wire = Setup::http(address).referee().start();
    let mut client = wire.connect();
    for (baggage, held) in [
        ("load.sequence=1", false),
        (
            "load.sequence=2,fault.network-latency=gateway->orders;delay=80ms",
            true,
        ),
        (
            "load.sequence=3,fault.network-latency=gateway->users;delay=80ms",
            false,
        ),
        (
            "load.sequence=4,fault.network-latency=gateway->orders;delay=eighty",
            false,
        ),
        ("load.sequence=5,fault.slow-query=catalog.search", false),
    ] {
        let sent = Instant::now();
        client.write_all(request(baggage).as_bytes()).unwrap();
        read_exactly(&mut client, OK.len());
        assert_eq!(sent.elapsed() >= DELAY, held, "{baggage}: {:?}", sent.elapsed());
    }
    let applied: Vec<_> = wire
        .applied_until_the_end()
        .iter()
        .map(|applied| applied.sequence)
        .collect();
    assert_eq!(applied, [Some(2)]);
}

/// The pieces of a stream keep their distance: each is late by the delay, not by the sum of the delays before it.
fn pieces_are_shifted(read: &mut TcpStream, mut write_piece: impl FnMut(&[u8])) {
    let mut writes = Vec::new();
    for piece in 0..5 {
        writes.push(Instant::now());
        write_piece(&[b'0' + piece]);
        std::thread::sleep(Duration::from_millis(30));
    }
    let read = std::iter::repeat_with(|| (read_exactly(read, 1)[0], Instant::now()));
    // The first three have come while the last were written.
    for (index, (byte, came)) in read.take(5).enumerate() {
        assert_eq!(byte, b'0' + index as u8);
        let late = came - writes[index];
        assert!(late >= DELAY, "piece {index} is only {late:?} late");
        let longest = if index < 3 {
            Duration::from_millis(200)
        } else {
            DELAY + Duration::from_millis(50)
        };
        assert!(late < longest, "piece {index} is {late:?} late");
    }
}

#[test]
fn the_pieces_of_a_body_are_shifted_and_not_stretched() {
    let (sender, accepted) = channel();
    let address = service(move |stream| sender.send(stream).unwrap());
    let wire = Setup::http(address).start();
    let mut client = wire.connect();
    let baggage = "fault.network-latency=gateway->orders;delay=80ms;direction=both";
    client
        .write_all(format!("POST / HTTP/1.1\r\nbaggage: {baggage}\r\ncontent-length: 5\r\n\r\n").as_bytes())
        .unwrap();
    let mut upstream = accepted.recv_timeout(PATIENCE).unwrap();
    read_head(&mut upstream).unwrap();
    pieces_are_shifted(&mut upstream, |piece| client.write_all(piece).unwrap());

    upstream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    read_head(&mut client).unwrap();
    pieces_are_shifted(&mut client, |piece| upstream.write_all(piece).unwrap());
    drop(upstream);
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
}

#[test]
fn a_large_answer_is_held_whole_and_comes_unchanged() {
    const SIZE: usize = 3_000_000;
    let address = service(|mut stream| {
        read_head(&mut stream).unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {SIZE}\r\n\r\n").unwrap();
        let body: Vec<u8> = (0..SIZE).map(|index| (index % 251) as u8).collect();
        stream.write_all(&body).unwrap();
    });
    let wire = Setup::http(address).start();
    let mut client = wire.connect();
    client
        .write_all(request("fault.network-latency=gateway->orders;delay=20ms").as_bytes())
        .unwrap();
    read_head(&mut client).unwrap();
    let body = read_exactly(&mut client, SIZE);
    assert!(
        body.iter()
            .enumerate()
            .all(|(index, byte)| *byte == (index % 251) as u8)
    );
}

#[test]
fn a_client_that_gives_up_is_not_waited_for_and_was_struck_all_the_same() {
    let (sender, receiver) = channel();
    let address = service(move |mut stream| sender.send(stream.read(&mut [0]).is_err()).unwrap());
    let wire = Setup::http(address).referee().start();
    let mut client = wire.connect();
    let baggage = "load.sequence=1,fault.network-latency=gateway->orders;delay=9s;direction=request";
    let sent = Instant::now();
    client.write_all(request(baggage).as_bytes()).unwrap();
    client.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    assert!(client.read(&mut [0]).is_err());
    reset(client);
    assert!(receiver.recv_timeout(PATIENCE).unwrap());
    assert!(sent.elapsed() < Duration::from_secs(5));
    let applied = wire.applied();
    assert_eq!(applied.sequence, Some(1));
    assert!((40.0..5_000.0).contains(&applied.effect), "{}", applied.effect);
}

#[test]
fn a_fault_that_is_set_for_a_time_strikes_every_request_until_it_is_cleared() {
    let (address, _came) = punctual_service();
    let wire = Setup::http(address).referee().start();
    let mut client = wire.connect();
    let mut took = |baggage: &str| {
        let sent = Instant::now();
        client.write_all(request(baggage).as_bytes()).unwrap();
        read_exactly(&mut client, OK.len());
        sent.elapsed()
    };
    assert!(took("load.sequence=1") < DELAY);
    wire.set_faults(r#"{"fault":"network-latency","at":"gateway->orders","parameters":{"delay":"80ms"}}"#);
    assert!(took("load.sequence=2") >= DELAY);
    assert!(took("a=b") >= DELAY);
    wire.set_faults("");
    assert!(took("load.sequence=4") < DELAY);
    let applied: Vec<_> = wire
        .applied_until_the_end()
        .iter()
        .map(|applied| applied.sequence)
        .collect();
    assert_eq!(applied, [Some(2), None]);
}

#[test]
fn a_connection_to_a_database_is_delayed_while_a_fault_is_set() {
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
    let mut took = || {
        let sent = Instant::now();
        client.write_all(b"query").unwrap();
        assert_eq!(read_exactly(&mut client, 5), b"query");
        sent.elapsed()
    };
    assert!(took() < DELAY);
    wire.set_faults(r#"{"fault":"network-latency","at":"orders->database","parameters":{"delay":"40ms","direction":"both"}}"#);
    assert!(took() >= DELAY);
    assert!(took() >= DELAY);
    wire.set_faults("");
    assert!(took() < DELAY);
    drop(client);
    let applied = wire.applied_until_the_end();
    assert_eq!(applied.len(), 1, "one for each connection and fault");
    assert_eq!(
        (applied[0].at.as_str(), applied[0].sequence, applied[0].trace_id),
        (DATABASE, None, [0; 16])
    );
}
