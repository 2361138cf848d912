//! A small HTTP server that misbehaves to order.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use loadgen::Target;

pub const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A request as the server has read it.
pub struct Received {
    /// Its number over all connections, from 0.
    pub number: usize,
    /// Its number on its connection, from 0.
    pub on_connection: usize,
    pub head: String,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

/// What the server does with a request.
pub enum Reply {
    /// Sends these pieces, each in a packet of its own.
    Pieces(Vec<String>),
    /// Sends this and closes.
    Last(String),
    /// Sends nothing, until the client gives up.
    Silence,
}

impl From<&str> for Reply {
    fn from(text: &str) -> Self {
        Self::Pieces(vec![text.to_owned()])
    }
}

pub struct Server {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    closing: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
    /// Told of each request before it is answered.
    pub arrived: mpsc::Receiver<usize>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("bound");
        let connections = Arc::new(AtomicUsize::new(0));
        let closing = Arc::new(AtomicBool::new(false));
        let open = Arc::new(Mutex::new(Vec::new()));
        let (announce, arrived) = mpsc::channel();
        let service = Arc::new(Service {
            answer,
            announce,
            requests: AtomicUsize::new(0),
        });
        let accepting = std::thread::spawn({
            let (connections, open, closing) =
                (Arc::clone(&connections), Arc::clone(&open), Arc::clone(&closing));
            move || {
                let mut serving = Vec::new();
                for stream in listener.incoming().map_while(Result::ok) {
                    if let Ok(copy) = stream.try_clone() {
                        open.lock().expect("not poisoned").push(copy);
                    }
                    if closing.load(Ordering::SeqCst) {
                        break;
                    }
                    connections.fetch_add(1, Ordering::SeqCst);
                    let service = Arc::clone(&service);
                    serving.push(std::thread::spawn(move || service.serve(stream)));
                }
                drop(listener);
                for thread in serving {
                    thread.join().expect("the server's answers do not panic");
                }
            }
        });
        Self {
            address,
            connections,
            closing,
            open,
            arrived,
            accepting: Some(accepting),
        }
    }

    pub fn target(&self) -> Target {
        Target::parse(&format!("http://{}", self.address)).expect("a target")
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The next connection is the last: ours.
        self.closing.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        for stream in self.open.lock().expect("not poisoned").drain(..) {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        if let Some(accepting) = self.accepting.take() {
            accepting.join().expect("the server does not panic");
        }
    }
}

struct Service<Answer> {
    answer: Answer,
    announce: mpsc::Sender<usize>,
    requests: AtomicUsize,
}

impl<Answer: Fn(&Received) -> Reply> Service<Answer> {
    /// Until the client closes, or the answer says so.
    fn serve(&self, mut stream: TcpStream) {
        stream.set_nodelay(true).expect("a socket option");
        let mut on_connection = 0;
        while let Some(mut received) = read_request(&mut stream) {
            received.number = self.requests.fetch_add(1, Ordering::SeqCst);
            received.on_connection = on_connection;
            on_connection += 1;
            // Nobody may be listening.
            let _ = self.announce.send(received.number);
            match (self.answer)(&received) {
                Reply::Pieces(pieces) => {
                    for (index, piece) in pieces.iter().enumerate() {
                        if index > 0 {
                            // So that the pieces do not travel together.
                            std::thread::sleep(Duration::from_millis(2));
                        }
                        if stream.write_all(piece.as_bytes()).is_err() {
                            return;
                        }
                    }
                }
                Reply::Last(text) => {
                    // The client may have gone already.
                    let _ = stream.write_all(text.as_bytes());
                    let _ = stream.shutdown(Shutdown::Both);
                    return;
                }
                Reply::Silence => {
                    let _ = stream.read_to_end(&mut Vec::new());
                    return;
                }
            }
        }
    }
}

fn read_request(stream: &mut TcpStream) -> Option<Received> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).expect("a head of ASCII");
    let mut received = Received {
        number: 0,
        on_connection: 0,
        head,
        body: Vec::new(),
    };
    let length = received
        .header("content-length")
        .map_or(0, |length| length.parse().expect("a number"));
    received.body.resize(length, 0);
    stream.read_exact(&mut received.body).ok()?;
    Some(received)
}
