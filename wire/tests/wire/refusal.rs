//! What is ambiguous is refused.

use std::io::{Read, Write};
use std::sync::mpsc::{TryRecvError, channel};

use crate::support::*;

#[test]
fn ambiguous_requests_are_answered_with_400_and_nothing_of_them_is_passed_on() {
    let (sender, receiver) = channel();
    let address = service(move |mut stream| {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        if !bytes.is_empty() {
            sender.send(String::from_utf8_lossy(&bytes).into_owned()).unwrap();
        }
    });
    let wire = Setup::http(address).start();
    for (attempt, why) in [
        (
            "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "both a Transfer-Encoding and a Content-Length",
        ),
        (
            "Transfer-Encoding: chunked\r\nContent-length: 5\r\n\r\n0\r\n\r\n",
            "both a Transfer-Encoding and a Content-Length",
        ),
        (
            "content-length: 5\r\ncontent-length: 6\r\n\r\nhello",
            "several Content-Lengths",
        ),
        ("content-length: 5, 6\r\n\r\nhello", "several Content-Lengths"),
        ("content-length: +5\r\n\r\nhello", "not a number"),
        (
            "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
            "not one that ends with `chunked`",
        ),
        (
            "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            "not one that ends with `chunked`",
        ),
        (
            "transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
            "names `chunked` twice",
        ),
        ("transfer-encoding : chunked\r\n\r\n0\r\n\r\n", "malformed"),
        ("transfer-encoding:\x0bchunked\r\n\r\n0\r\n\r\n", "malformed"),
        (
            "x: y\r\n transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "malformed",
        ),
        ("x: y\rtransfer-encoding: chunked\r\n\r\n0\r\n\r\n", "malformed"),
        (
            "x: y\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "does not end with CR LF",
        ),
        (
            "x: y\n\nGET /smuggled HTTP/1.1\r\n\r\n",
            "does not end with CR LF",
        ),
    ] {
        let mut client = wire.connect();
        client
            .write_all(format!("POST / HTTP/1.1\r\nhost: x\r\n{attempt}").as_bytes())
            .unwrap();
        let answer = read_to_end(&mut client);
        assert!(
            answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
            "{attempt:?}: {answer}"
        );
        assert!(
            answer.contains("connection: close\r\n") && answer.contains(why),
            "{attempt:?}: {answer}"
        );
    }
    let mut client = wire.connect();
    client
        .write_all(format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(70_000)).as_bytes())
        .unwrap();
    assert!(read_to_end(&mut client).contains("larger than 65536 bytes"));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn a_malformed_chunk_is_refused_and_the_service_sees_no_end_of_the_body() {
    let (sender, receiver) = channel();
    let (head_sender, head) = channel();
    let address = service(move |mut stream| {
        head_sender.send(read_head(&mut stream)).unwrap();
        let mut body = Vec::new();
        let reset = stream.read_to_end(&mut body).is_err();
        sender.send((body, reset)).unwrap();
    });
    let wire = Setup::http(address).start();
    let mut client = wire.connect();
    client
        .write_all(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
        .unwrap();
    assert!(head.recv_timeout(PATIENCE).unwrap().is_some());
    client.write_all(b"3\nabc\r\n0\r\n\r\n").unwrap();
    let answer = read_to_end(&mut client);
    assert!(
        answer.starts_with("HTTP/1.1 400 ") && answer.contains("CR LF"),
        "{answer}"
    );
    assert_eq!(receiver.recv_timeout(PATIENCE).unwrap(), (Vec::new(), true));
}

#[test]
fn an_ambiguous_answer_becomes_502() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
    ] {
        let address = service(move |mut stream| {
            read_head(&mut stream).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            let _ = stream.read(&mut [0]);
        });
        let wire = Setup::http(address).start();
        let mut client = wire.connect();
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let received = read_to_end(&mut client);
        assert!(
            received.starts_with("HTTP/1.1 502 Bad Gateway\r\n"),
            "{answer:?}: {received}"
        );
        assert!(received.contains("the answer cannot be passed on"), "{received}");
    }
}

#[test]
fn a_second_request_that_is_refused_leaves_the_first_its_answer() {
    let wire = Setup::http(healthy_service()).start();
    let mut client = wire.connect();
    client
        .write_all(b"GET / HTTP/1.1\r\n\r\nGET / HTTP/9.9\r\n\r\n")
        .unwrap();
    let received = read_to_end(&mut client);
    let second = received.as_bytes().strip_prefix(OK).unwrap();
    assert!(second.starts_with(b"HTTP/1.1 400 "), "{received}");
}
