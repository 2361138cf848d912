//! The bytes that go in are the bytes that come out.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::*;

/// A request, the answer to it, and how the answer's end is known.
#[derive(Clone)]
struct Exchange {
    request: Vec<u8>,
    response: Vec<u8>,
    closes: bool,
}

/// Shortened: a body tells nothing.
impl std::fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let start = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned();
        write!(
            formatter,
            "{:?} ({}) -> ",
            start(&self.request),
            self.request.len()
        )?;
        write!(
            formatter,
            "{:?} ({}) closes: {}",
            start(&self.response),
            self.response.len(),
            self.closes
        )
    }
}

/// What one connection carries, and how it is cut into writes.
#[derive(Debug, Clone, Default)]
struct Script {
    exchanges: Vec<Exchange>,
    request_cuts: Vec<usize>,
    response_cuts: Vec<usize>,
    pipelined: bool,
}

fn headers() -> impl Strategy<Value = String> {
    proptest::collection::vec("x-[a-z]{1,9}: ?[ -~]{0,30}\r\n", 0..6).prop_map(|lines| lines.concat())
}

fn content() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z\r\n]{0,200}", 1 => "[a-z\r\n]{9000,20000}", 1 => (60_000..300_000_usize).prop_map(|count| "x".repeat(count))]
}

fn chunked() -> impl Strategy<Value = String> {
    let chunks = proptest::collection::vec(("[a-z\r\n]{1,500}", "(;[a-z=\"]{0,9})?"), 0..6);
    let trailers = proptest::collection::vec("x-[a-z]{1,9}: [a-z]{0,9}\r\n", 0..3);
    (chunks, trailers).prop_map(|(chunks, trailers)| {
        let chunks: String = chunks
            .iter()
            .map(|(data, extension)| format!("{:X}{extension}\r\n{data}\r\n", data.len()))
            .collect();
        format!("{chunks}0\r\n{}\r\n", trailers.concat())
    })
}

/// The method and the request.
fn request() -> impl Strategy<Value = (&'static str, String)> {
    prop_oneof![
        headers().prop_map(|headers| ("GET", format!("GET /a HTTP/1.1\r\nhost: x\r\n{headers}\r\n"))),
        headers().prop_map(|headers| ("HEAD", format!("HEAD /a HTTP/1.1\r\n{headers}\r\n"))),
        (headers(), content()).prop_map(|(headers, content)| {
            let length = content.len();
            (
                "POST",
                format!("POST /a HTTP/1.1\r\n{headers}Content-Length: {length}\r\n\r\n{content}"),
            )
        }),
        (headers(), chunked()).prop_map(|(headers, chunks)| {
            (
                "PUT",
                format!("PUT /a HTTP/1.1\r\n{headers}transfer-encoding: chunked\r\n\r\n{chunks}"),
            )
        }),
    ]
}

fn response(method: &'static str) -> impl Strategy<Value = (String, bool)> {
    let interim = prop_oneof![
        Just(""),
        Just("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n")
    ];
    let answer = prop_oneof![
        (headers(), content()).prop_map(move |(headers, content)| {
            let length = content.len();
            let content = if method == "HEAD" { "" } else { &content };
            (
                format!("HTTP/1.1 200 OK\r\n{headers}content-length: {length}\r\n\r\n{content}"),
                false,
            )
        }),
        (headers(), chunked()).prop_map(move |(headers, chunks)| {
            let chunks = if method == "HEAD" { "" } else { &chunks };
            (
                format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{headers}\r\n{chunks}"),
                false,
            )
        }),
        headers().prop_map(|headers| (format!("HTTP/1.1 204 No Content\r\n{headers}\r\n"), false)),
        headers().prop_map(|headers| (
            format!("HTTP/1.1 304 x\r\ncontent-length: 9\r\n{headers}\r\n"),
            false
        )),
        (headers(), content()).prop_map(move |(headers, content)| {
            let content = if method == "HEAD" { "" } else { &content };
            (format!("HTTP/1.1 200 OK\r\n{headers}\r\n{content}"), true)
        }),
    ];
    (interim, answer).prop_map(|(interim, (answer, closes))| (format!("{interim}{answer}"), closes))
}

fn exchange() -> impl Strategy<Value = Exchange> {
    request().prop_flat_map(|(method, request)| {
        response(method).prop_map(move |(response, closes)| Exchange {
            request: request.clone().into_bytes(),
            response: response.into_bytes(),
            closes: closes && method != "HEAD",
        })
    })
}

fn script() -> impl Strategy<Value = Script> {
    let cuts = || proptest::collection::vec(any::<usize>(), 0..12);
    (
        proptest::collection::vec(exchange(), 1..6),
        cuts(),
        cuts(),
        any::<bool>(),
    )
        .prop_map(|(mut exchanges, request_cuts, response_cuts, pipelined)| {
            // An answer that ends with the connection is the last.
            if let Some(last) = exchanges.iter().position(|exchange| exchange.closes) {
                exchanges.truncate(last + 1);
            }
            Script {
                exchanges,
                request_cuts,
                response_cuts,
                pipelined,
            }
        })
}

fn write_cut(stream: &mut TcpStream, bytes: &[u8], cuts: &[usize]) {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    for pair in cuts.windows(2) {
        stream.write_all(&bytes[pair[0]..pair[1]]).unwrap();
        std::thread::yield_now();
    }
}

/// Plays the service's part: each request must come as it was sent, and no later one before the answer.
fn serve(stream: &mut TcpStream, script: &Script) {
    for exchange in &script.exchanges {
        assert!(read_exactly(stream, exchange.request.len()) == exchange.request);
        write_cut(stream, &exchange.response, &script.response_cuts);
    }
}

fn call(stream: &mut TcpStream, script: &Script) {
    if script.pipelined {
        let all: Vec<u8> = script
            .exchanges
            .iter()
            .flat_map(|exchange| exchange.request.clone())
            .collect();
        let (mut writer, cuts) = (stream.try_clone().unwrap(), script.request_cuts.clone());
        // From another thread: what is sent ahead may be more than all buffers hold.
        let writing = std::thread::spawn(move || write_cut(&mut writer, &all, &cuts));
        for exchange in &script.exchanges {
            assert!(read_exactly(stream, exchange.response.len()) == exchange.response);
        }
        writing.join().unwrap();
    } else {
        for exchange in &script.exchanges {
            write_cut(stream, &exchange.request, &script.request_cuts);
            assert!(read_exactly(stream, exchange.response.len()) == exchange.response);
        }
    }
}

#[test]
fn messages_come_out_as_they_went_in_however_they_are_cut() {
    let next = Arc::new(Mutex::new(Script::default()));
    let script_of_service = next.clone();
    let (sender, served) = std::sync::mpsc::channel();
    let address = service(move |mut stream| {
        let script = script_of_service.lock().unwrap().clone();
        serve(&mut stream, &script);
        stream.shutdown(Shutdown::Write).unwrap();
        let more = stream.read(&mut [0]).unwrap();
        sender.send(more).unwrap();
    });
    let wire = Setup::http(address).start();
    let config = ProptestConfig {
        cases: 120,
        ..ProptestConfig::default()
    };
    TestRunner::new(config)
        .run(&script(), |script| {
            *next.lock().unwrap() = script.clone();
            let mut client = wire.connect();
            call(&mut client, &script);
            assert_eq!(
                client.read(&mut [0]).unwrap(),
                0,
                "the end is passed on, and nothing else"
            );
            drop(client);
            assert_eq!(served.recv_timeout(PATIENCE).unwrap(), 0);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_request_waits_for_the_answer_to_the_one_before() {
    let address = service(|mut stream| {
        read_head(&mut stream).unwrap();
        stream.set_nonblocking(true).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(
            stream.read(&mut [0]).is_err(),
            "the second request came before the first was answered"
        );
        stream.set_nonblocking(false).unwrap();
        stream.write_all(OK).unwrap();
        read_head(&mut stream).unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
    });
    let wire = Setup::http(address).start();
    let mut client = wire.connect();
    client
        .write_all(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")
        .unwrap();
    assert_eq!(read_exactly(&mut client, OK.len()), OK);
    assert_eq!(read_head(&mut client).unwrap(), "HTTP/1.1 204 No Content\r\n\r\n");
}

#[test]
fn a_body_waits_for_100_continue_and_the_answer_may_come_before_its_end() {
    let address = service(|mut stream| {
        read_head(&mut stream).unwrap();
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
        assert_eq!(read_exactly(&mut stream, 3), b"abc");
        stream.write_all(OK).unwrap();
        assert_eq!(read_exactly(&mut stream, 3), b"def");
        read_head(&mut stream).unwrap();
        stream.write_all(OK).unwrap();
    });
    let wire = Setup::http(address).start();
    let mut client = wire.connect();
    client
        .write_all(b"POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 6\r\n\r\n")
        .unwrap();
    assert_eq!(read_head(&mut client).unwrap(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.write_all(b"abc").unwrap();
    assert_eq!(read_exactly(&mut client, OK.len()), OK);
    client.write_all(b"defGET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(read_exactly(&mut client, OK.len()), OK);
}

#[test]
fn another_protocol_is_passed_on_both_ways_after_an_upgrade() {
    for (request, answer) in [
        (
            "GET /ws HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        ),
        (
            "CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
        ),
    ] {
        let address = service(move |mut stream| {
            read_head(&mut stream).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            stream.write_all(b"\0hello").unwrap();
            assert_eq!(read_exactly(&mut stream, 8), b"\x01\n\n\r\rGET");
            stream.shutdown(Shutdown::Write).unwrap();
            assert_eq!(read_to_end(&mut stream), " after the service's end");
        });
        let wire = Setup::http(address).start();
        let mut client = wire.connect();
        // Bytes of the other protocol may come right behind the request.
        client.write_all(format!("{request}\x01\n\n").as_bytes()).unwrap();
        assert_eq!(read_head(&mut client).unwrap(), answer);
        assert_eq!(read_exactly(&mut client, 6), b"\0hello");
        client.write_all(b"\r\rGET").unwrap();
        assert_eq!(read_to_end(&mut client), "");
        client.write_all(b" after the service's end").unwrap();
    }
}

#[test]
fn an_upgrade_that_is_refused_leaves_http() {
    let wire = Setup::http(healthy_service()).start();
    let mut client = wire.connect();
    for _ in 0..2 {
        client
            .write_all(b"GET /ws HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
            .unwrap();
        assert_eq!(read_exactly(&mut client, OK.len()), OK);
    }
}

#[test]
fn a_body_is_streamed_and_a_slow_reader_slows_the_writer() {
    const SIZE: usize = 64 * 1024 * 1024;
    let written = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = written.clone();
    let address = service(move |mut stream| {
        read_head(&mut stream).unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {SIZE}\r\n\r\n").unwrap();
        let piece = vec![b'x'; 64 * 1024];
        for _ in 0..SIZE / piece.len() {
            stream.write_all(&piece).unwrap();
            count.fetch_add(piece.len(), std::sync::atomic::Ordering::Relaxed);
        }
    });
    let wire = Setup::http(address).start();
    let mut client = wire.connect();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    read_head(&mut client).unwrap();
    let stalled = || {
        let before = written.load(std::sync::atomic::Ordering::Relaxed);
        std::thread::sleep(std::time::Duration::from_millis(100));
        before == written.load(std::sync::atomic::Ordering::Relaxed)
    };
    while !stalled() {}
    assert!(
        written.load(std::sync::atomic::Ordering::Relaxed) < SIZE,
        "somebody holds all of it"
    );
    let mut read = 0;
    let mut buffer = vec![0; 1024 * 1024];
    while read < SIZE {
        read += client.read(&mut buffer).unwrap();
    }
    assert_eq!(read, SIZE);
}

#[test]
fn an_edge_that_is_not_http_passes_everything_on() {
    let address = service(|mut stream| {
        assert_eq!(read_exactly(&mut stream, 6), b"\0\0\x03\0\r\n");
        stream.write_all(b"R\0\0\0").unwrap();
        assert_eq!(read_to_end(&mut stream), "X");
        stream.write_all(b"bye").unwrap();
    });
    let wire = Setup::tcp(address).start();
    let mut client = wire.connect();
    client.write_all(b"\0\0\x03\0\r\n").unwrap();
    assert_eq!(read_exactly(&mut client, 4), b"R\0\0\0");
    client.write_all(b"X").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&mut client), "bye");
}
