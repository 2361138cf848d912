//! The smallest HTTP/1.1 client that can measure one connection, and tell a peer what to do.

use std::io::{BufRead, BufReader, Error, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, UNIX_EPOCH};

use super::arrival::Stamped;

/// No answer may take longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection that is kept open.
pub struct Connection {
    stream: BufReader<Stamped>,
    host: SocketAddr,
}

impl Connection {
    /// Connects.
    pub fn open(to: SocketAddr) -> Result<Self, String> {
        let open = || {
            let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            Stamped::new(stream)
        };
        let stream = open().map_err(|error: Error| format!("no connection to {to}: {error}"))?;
        Ok(Self {
            stream: BufReader::new(stream),
            host: to,
        })
    }

    /// Sends a GET, with more header lines if there are any (each ending in CR LF), to a server that says in its answer when it
    /// sent it ([`super::stamping`]). Gives how long the answer was under way.
    pub fn under_way(&mut self, path: &str, headers: &str) -> Result<Duration, String> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", self.host);
        let body = self.exchange(&request)?;
        let sent: u64 = body
            .parse()
            .map_err(|_| format!("{} did not say when it answered", self.host))?;
        let arrived = self.stream.get_ref().arrived();
        // A wall clock that steps back in between spoils one sample, not the program.
        Ok(arrived
            .and_then(|arrived| {
                arrived
                    .duration_since(UNIX_EPOCH + Duration::from_nanos(sent))
                    .ok()
            })
            .unwrap_or_default())
    }

    /// Sends a GET, and waits for the whole answer.
    pub fn get(&mut self, path: &str) -> Result<(), String> {
        self.exchange(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host))
            .map(drop)
    }

    /// Sends a JSON document, and waits for the whole answer.
    pub fn post(&mut self, path: &str, body: &str) -> Result<(), String> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n",
            self.host
        );
        self.exchange(&format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()))
            .map(drop)
    }

    /// Gives the body.
    fn exchange(&mut self, request: &str) -> Result<String, String> {
        let (status, body) = self
            .send(request)
            .map_err(|error| format!("no answer from {}: {error}", self.host))?;
        if status.starts_with('2') {
            Ok(body)
        } else {
            Err(format!("{} answered {status}", self.host))
        }
    }

    /// Gives the status with its reason, and the body.
    fn send(&mut self, request: &str) -> std::io::Result<(String, String)> {
        self.stream.get_mut().stream.write_all(request.as_bytes())?;
        let (mut status, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            match line.trim_end() {
                "" => break,
                start if status.is_empty() => start
                    .split_once(' ')
                    .map_or("", |(_, rest)| rest)
                    .clone_into(&mut status),
                header => {
                    if let Some((_, value)) = header
                        .split_once(':')
                        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                    {
                        length = value.trim().parse().map_err(Error::other)?;
                    }
                }
            }
        }
        let mut body = String::new();
        (&mut self.stream).take(length).read_to_string(&mut body)?;
        Ok((status, body))
    }
}
