//! A wire in a thread of its own, services that do as they are told, and a referee that remembers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use faults::truth::Applied;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use prost::Message;
use referee::Referee;
use tokio::sync::watch;
use wire::{EdgeOption, Limits, Listen, Options, Protocol, Ready};

/// Nothing that a test waits for takes so long.
pub const PATIENCE: Duration = Duration::from_secs(10);
pub const TOKEN: &str = "secret";
pub const EDGE: &str = "gateway->orders";
pub const DATABASE: &str = "orders->database";

/// A running wire. Stops when it is dropped.
pub struct Wire {
    pub ready: Ready,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
    events: Option<(Referee, Receiver<Applied>)>,
}

/// What a wire is started with.
pub struct Setup {
    edges: Vec<EdgeOption>,
    limits: Limits,
    token: Option<String>,
    referee: bool,
    distance: Duration,
}

impl Setup {
    /// One edge that speaks HTTP.
    pub fn http(upstream: SocketAddr) -> Self {
        Self::default().edge("gateway->orders", upstream, Protocol::Http)
    }

    /// One edge that speaks something else.
    pub fn tcp(upstream: SocketAddr) -> Self {
        Self::default().edge("orders->database", upstream, Protocol::Tcp)
    }

    pub fn edge(mut self, name: &'static str, upstream: SocketAddr, protocol: Protocol) -> Self {
        let listen = Listen::Address(([127, 0, 0, 1], 0).into());
        self.edges.push(EdgeOption {
            name,
            listen,
            upstream: upstream.to_string(),
            protocol,
        });
        self
    }

    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub fn distance(mut self, distance: Duration) -> Self {
        self.distance = distance;
        self
    }

    pub fn without_token(mut self) -> Self {
        self.token = None;
        self
    }

    pub fn referee(mut self) -> Self {
        self.referee = true;
        self
    }

    pub fn start(self) -> Wire {
        let events = self.referee.then(referee);
        let referee = events
            .as_ref()
            .map_or_else(Referee::none, |(referee, _)| referee.clone());
        let (stop, stopped) = watch::channel(false);
        let (sender, ready) = channel();
        let options = Options {
            edges: self.edges,
            control_listen: Listen::Address(([127, 0, 0, 1], 0).into()),
            seed: 42,
            distance: self.distance,
            exit_on_stdin_close: false,
            limits: self.limits,
        };
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let serving = wire::serve(options, self.token, referee, stopped, |ready| {
                sender.send(ready).unwrap()
            });
            runtime.block_on(serving).unwrap();
        });
        let ready = ready.recv_timeout(PATIENCE).unwrap();
        Wire {
            ready,
            stop,
            thread: Some(thread),
            events,
        }
    }
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            edges: Vec::new(),
            limits: Limits::default(),
            token: Some(TOKEN.to_owned()),
            referee: false,
            distance: Duration::ZERO,
        }
    }
}

impl Wire {
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.ready.edges.values().next().unwrap()).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Says that the wire must go.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until it is gone.
    pub fn wait(&mut self) {
        self.thread.take().unwrap().join().unwrap();
    }

    /// The next event that the referee is told.
    pub fn applied(&self) -> Applied {
        self.events.as_ref().unwrap().1.recv_timeout(PATIENCE).unwrap()
    }

    /// All events that are still to come when the wire has gone.
    pub fn applied_until_the_end(mut self) -> Vec<Applied> {
        self.stop();
        self.wait();
        let (referee, events) = self.events.take().unwrap();
        assert_eq!(referee.shutdown(PATIENCE), 0);
        events.try_iter().collect()
    }

    /// Sends a request to the control endpoint; the status and the body of the answer.
    pub fn control(&self, method: &str, authorization: Option<&str>, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.ready.address).unwrap();
        let authorization = authorization
            .map(|value| format!("authorization: {value}\r\n"))
            .unwrap_or_default();
        write!(
            stream,
            "{method} /control/faults HTTP/1.1\r\nhost: wire\r\nconnection: close\r\n{authorization}content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// Sets these faults for a time, or clears them all.
    pub fn set_faults(&self, faults: &str) {
        let bearer = format!("Bearer {TOKEN}");
        let (status, body) = self.control("PUT", Some(&bearer), &format!("{{\"faults\":[{faults}]}}"));
        assert_eq!(status, 204, "{body}");
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            // A test that fails already says why.
            assert!(ended.is_ok() || std::thread::panicking());
        }
    }
}

/// A service that deals with each connection as told, all at once.
pub fn service(deal: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let deal = std::sync::Arc::new(deal);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, deal) = (stream.unwrap(), deal.clone());
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            std::thread::spawn(move || deal(stream));
        }
    });
    address
}

/// A service that answers every request with no body `200 OK` and `ok`.
pub fn healthy_service() -> SocketAddr {
    service(|mut stream| {
        while read_head(&mut stream).is_some() {
            stream.write_all(OK).unwrap();
        }
    })
}

/// What [`healthy_service`] answers.
pub const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// An address where nobody listens.
pub fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// One head, byte by byte, so that nothing behind it is taken; none at the end or after a reset.
pub fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    Some(String::from_utf8(head).unwrap())
}

pub fn read_exactly(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

pub fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Sets SO_LINGER to 0, so that closing resets.
pub fn reset(stream: TcpStream) {
    stream.set_nonblocking(true).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    runtime.block_on(async {
        tokio::net::TcpStream::from_std(stream)
            .unwrap()
            .set_zero_linger()
            .unwrap();
    });
}

/// A referee's listener, and the client of it.
fn referee() -> (Referee, Receiver<Applied>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let referee = Referee::start(
        &format!("http://{}", listener.local_addr().unwrap()),
        TOKEN,
        "wire",
    );
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            while let Some(events) = read_events(&mut stream) {
                for event in events {
                    if sender.send(event).is_err() {
                        return;
                    }
                }
                stream
                    .get_mut()
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                    .unwrap();
            }
        }
    });
    (referee, receiver)
}

fn read_events(stream: &mut BufReader<TcpStream>) -> Option<Vec<Applied>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().unwrap(),
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    let request = ExportLogsServiceRequest::decode(body.as_slice()).unwrap();
    Some(
        referee::event::decode_request(&request)
            .map(Result::unwrap)
            .collect(),
    )
}
