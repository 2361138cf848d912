//! A relay in front of a server, which can be cut: for whoever is behind it, the server is dead then.

use std::io::copy;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A relay, until it is cut.
pub struct Relay {
    state: Arc<State>,
    /// Wakes whoever accepts.
    port: u16,
}

#[derive(Default)]
struct State {
    cut: AtomicBool,
    streams: Mutex<Vec<TcpStream>>,
}

impl Relay {
    /// A relay to the server of a `postgres://` URL, and the URL with its address in place of the server's.
    pub fn before(url: &str) -> (Self, String) {
        let (credentials, rest) = url.split_once('@').expect("a user");
        let (server, rest) = rest.split_once('/').expect("a database");
        let server = server.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let state = Arc::new(State::default());
        let relay = Self {
            state: state.clone(),
            port,
        };
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if state.cut.load(Ordering::SeqCst) {
                    // The listener is closed with this thread: whoever comes later is refused.
                    return;
                }
                if let Ok(server) = TcpStream::connect(&server) {
                    state.join(&client, &server);
                    state.join(&server, &client);
                }
            }
        });
        (relay, format!("{credentials}@127.0.0.1:{port}/{rest}"))
    }

    /// Ends all connections and takes no more.
    pub fn cut(self) {
        self.state.cut.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        let streams = self.state.streams.lock().unwrap_or_else(PoisonError::into_inner);
        for stream in streams.iter() {
            // It may have ended by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl State {
    fn join(&self, from: &TcpStream, to: &TcpStream) {
        let (mut from, mut to) = (
            from.try_clone().expect("a socket"),
            to.try_clone().expect("a socket"),
        );
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.push(from.try_clone().expect("a socket"));
        thread::spawn(move || {
            let _ = copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
}
