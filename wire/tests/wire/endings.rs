//! How connections end: closed, half closed, reset, silent, refused by the service.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use wire::Limits;

use crate::support::*;

fn is_reset(stream: &mut TcpStream) -> bool {
    matches!(stream.read(&mut [0; 100]), Err(error) if error.kind() == ErrorKind::ConnectionReset)
}

#[test]
fn a_service_that_is_not_there_is_answered_with_502() {
    let wire = Setup::http(nobody()).start();
    let mut client = wire.connect();
    client
        .write_all(b"POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello")
        .unwrap();
    let answer = read_to_end(&mut client);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("HTTP/1.1 502 Bad Gateway\r\ncontent-type: application/problem+json\r\n"),
        "{head}"
    );
    assert!(
        head.contains(&format!("content-length: {}\r\nconnection: close", body.len())),
        "{head}"
    );
    assert!(
        body.contains("gateway->orders: nothing can be reached at 127.0.0.1:"),
        "{body}"
    );

    let mut client = wire.connect();
    client.write_all(b"HEAD / HTTP/1.1\r\n\r\n").unwrap();
    let answer = read_to_end(&mut client);
    assert!(
        answer.starts_with("HTTP/1.1 502 ") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
}

#[test]
fn a_database_that_is_not_there_is_a_reset() {
    let wire = Setup::tcp(nobody()).start();
    assert!(is_reset(&mut wire.connect()));
}

#[test]
fn the_end_of_the_request_is_passed_on_and_the_answer_still_comes_back() {
    let address = service(|mut stream| {
        assert_eq!(read_to_end(&mut stream), "GET / HTTP/1.1\r\n\r\n");
        stream.write_all(OK).unwrap();
    });
    let wire = Setup::http(address).start();
    let mut client = wire.connect();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&mut client).as_bytes(), OK);
}

#[test]
fn requests_sent_ahead_of_the_end_are_all_answered() {
    let wire = Setup::http(healthy_service()).start();
    let mut client = wire.connect();
    client.write_all(&b"GET / HTTP/1.1\r\n\r\n".repeat(5)).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&mut client).as_bytes(), OK.repeat(5));
}

#[test]
fn a_body_that_breaks_off_is_passed_on_as_far_as_it_came() {
    let address = service(|mut stream| {
        read_head(&mut stream).unwrap();
        assert_eq!(read_to_end(&mut stream), "half");
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
    });
    let wire = Setup::http(address).start();
    let mut client = wire.connect();
    client
        .write_all(b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf")
        .unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert!(read_to_end(&mut client).starts_with("HTTP/1.1 400 "));
}

#[test]
fn a_reset_by_the_client_reaches_the_service() {
    for setup in [Setup::http, Setup::tcp] {
        let (sender, receiver) = channel();
        let address = service(move |mut stream| {
            read_head(&mut stream).unwrap();
            sender.send("asked").unwrap();
            sender
                .send(if is_reset(&mut stream) {
                    "reset"
                } else {
                    "something else"
                })
                .unwrap();
        });
        let wire = setup(address).start();
        let mut client = wire.connect();
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        assert_eq!(receiver.recv_timeout(PATIENCE), Ok("asked"));
        reset(client);
        assert_eq!(receiver.recv_timeout(PATIENCE), Ok("reset"));
    }
}

#[test]
fn a_reset_by_the_service_reaches_the_client() {
    for setup in [Setup::http, Setup::tcp] {
        let address = service(|mut stream| {
            read_head(&mut stream).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\n").unwrap();
            // Only what has not arrived yet may be lost with a reset.
            read_exactly(&mut stream, 1);
            reset(stream);
        });
        let wire = setup(address).start();
        let mut client = wire.connect();
        client
            .write_all(b"POST / HTTP/1.1\r\ncontent-length: 1\r\n\r\nx")
            .unwrap();
        let mut seen = [0; 100];
        let ended = loop {
            match client.read(&mut seen) {
                Ok(count) if count > 0 => {}
                ended => break ended,
            }
        };
        assert!(matches!(ended, Err(error) if error.kind() == ErrorKind::ConnectionReset));
    }
}

#[test]
fn a_service_that_closes_an_idle_connection_closes_the_clients() {
    let address = service(|mut stream| {
        read_head(&mut stream).unwrap();
        stream.write_all(OK).unwrap();
    });
    let wire = Setup::http(address).start();
    let mut client = wire.connect();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(read_to_end(&mut client).as_bytes(), OK);
}

#[test]
fn a_service_that_goes_without_an_answer_leaves_the_client_without_one() {
    let address = service(|mut stream| {
        read_head(&mut stream).unwrap();
    });
    let wire = Setup::http(address).start();
    let mut client = wire.connect();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(read_to_end(&mut client), "");
}

#[test]
fn an_answer_that_breaks_off_is_passed_on_as_far_as_it_came() {
    let address = service(|mut stream| {
        read_head(&mut stream).unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")
            .unwrap();
    });
    let wire = Setup::http(address).start();
    let mut client = wire.connect();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert!(read_to_end(&mut client).ends_with("half"));
}

#[test]
fn an_early_answer_reaches_a_client_that_is_still_sending() {
    let address = service(|mut stream| {
        read_head(&mut stream).unwrap();
        stream
            .write_all(b"HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 3\r\n\r\nbig")
            .unwrap();
    });
    let wire = Setup::http(address).start();
    let mut client = wire.connect();
    client
        .write_all(b"POST / HTTP/1.1\r\ncontent-length: 999999\r\n\r\nxxx")
        .unwrap();
    assert!(read_to_end(&mut client).ends_with("\r\n\r\nbig"));
}

#[test]
fn nothing_is_passed_on_after_a_message_that_closes() {
    let address = service(|mut stream| {
        read_head(&mut stream).unwrap();
        stream.write_all(OK).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read_to_end(&mut stream), "");
    });
    let wire = Setup::http(address).start();
    let mut client = wire.connect();
    client
        .write_all(b"GET / HTTP/1.1\r\nconnection: close\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n")
        .unwrap();
    assert_eq!(read_to_end(&mut client).as_bytes(), OK);
}

#[test]
fn an_answer_that_nobody_asked_for_ends_the_connection() {
    let address = service(|mut stream| {
        read_head(&mut stream).unwrap();
        stream.write_all(&[OK, OK].concat()).unwrap();
        read_to_end(&mut stream);
    });
    let wire = Setup::http(address).start();
    let mut client = wire.connect();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(read_to_end(&mut client).as_bytes(), OK);
}

fn impatient() -> Limits {
    let short = Duration::from_millis(60);
    Limits {
        idle: short,
        half_request: short,
        ..Limits::default()
    }
}

#[test]
fn half_a_request_is_not_held_for_ever() {
    let address = service(|mut stream| {
        read_head(&mut stream);
        let _ = stream.read_to_end(&mut Vec::new());
    });
    for (upstream, half) in [
        (address, "GET / HTTP/1.1\r\nhost: x\r\n"),
        (address, "POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf"),
        (nobody(), "GET / HTTP/1.1\r\nhost: x\r\n"),
    ] {
        let wire = Setup::http(upstream)
            .limits(Limits {
                idle: PATIENCE,
                ..impatient()
            })
            .start();
        let mut client = wire.connect();
        client.write_all(half.as_bytes()).unwrap();
        let answer = read_to_end(&mut client);
        assert!(
            answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"),
            "{half}: {answer}"
        );
    }
}

#[test]
fn a_head_that_trickles_is_no_better_than_half_of_one() {
    let wire = Setup::http(healthy_service()).limits(impatient()).start();
    let mut client = wire.connect();
    client.write_all(b"GET / HTTP/1.1\r\nx: ").unwrap();
    let started = Instant::now();
    client.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    let mut first = [0; 12];
    while client.read_exact(&mut first).is_err() {
        assert!(started.elapsed() < PATIENCE);
        let _ = client.write_all(b"x");
    }
    assert_eq!(&first, b"HTTP/1.1 408");
}

#[test]
fn a_connection_that_is_idle_too_long_is_closed_and_one_that_waits_for_an_answer_is_not() {
    let address = service(|mut stream| {
        read_head(&mut stream).unwrap();
        // Longer than a client may be silent.
        std::thread::sleep(Duration::from_millis(200));
        stream.write_all(OK).unwrap();
        assert_eq!(read_to_end(&mut stream), "");
    });
    let wire = Setup::http(address).limits(impatient()).start();
    let mut client = wire.connect();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(read_to_end(&mut client).as_bytes(), OK);
}

#[test]
fn connections_beyond_the_limit_wait() {
    let wire = Setup::http(healthy_service())
        .limits(Limits {
            connections: 1,
            ..Limits::default()
        })
        .start();
    let (mut first, mut second) = (wire.connect(), wire.connect());
    second.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    first.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(read_exactly(&mut first, OK.len()), OK);
    second.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    assert!(second.read(&mut [0]).is_err());
    drop(first);
    second.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(read_exactly(&mut second, OK.len()), OK);
}

#[test]
fn stopping_waits_for_the_message_on_its_way_and_for_nothing_else() {
    let (sender, receiver) = channel();
    let (finish, finished) = channel();
    let finished = std::sync::Mutex::new(finished);
    let address = service(move |mut stream| {
        if read_head(&mut stream).is_some_and(|head| head.starts_with("GET /slow")) {
            sender.send(()).unwrap();
            finished.lock().unwrap().recv().unwrap();
            stream.write_all(OK).unwrap();
        }
    });
    let mut wire = Setup::http(address).start();
    let (mut busy, mut idle) = (wire.connect(), wire.connect());
    busy.write_all(b"GET /slow HTTP/1.1\r\n\r\n").unwrap();
    receiver.recv_timeout(PATIENCE).unwrap();
    wire.stop();
    assert_eq!(read_to_end(&mut idle), "");
    finish.send(()).unwrap();
    assert_eq!(read_to_end(&mut busy).as_bytes(), OK);
    wire.wait();
    assert!(TcpStream::connect(wire.ready.edges[EDGE]).is_err());
}

#[test]
fn stopping_does_not_wait_for_ever() {
    let (sender, receiver) = channel();
    let address = service(move |mut stream| {
        read_head(&mut stream).unwrap();
        sender.send(()).unwrap();
        let _ = stream.read(&mut [0]);
    });
    let limits = Limits {
        drain: Duration::from_millis(50),
        ..Limits::default()
    };
    let mut wire = Setup::http(address).limits(limits).start();
    let mut client = wire.connect();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    receiver.recv_timeout(PATIENCE).unwrap();
    wire.stop();
    wire.wait();
    assert!(matches!(client.read(&mut [0]), Ok(0) | Err(_)));
}
