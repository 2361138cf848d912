//! Sockets: how they are made, and the two ways of leaving.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::pipe::Pipe;

/// How a connection through the wire ended.
#[derive(Debug)]
pub(crate) enum End {
    /// Both sides have all they were sent: each is told that no more comes.
    Closed,
    /// One side broke off; the other learns it the same way.
    Reset,
}

/// A client's connection and the one that was made for it.
pub(crate) struct Pair {
    pub(crate) client: TcpStream,
    pub(crate) upstream: TcpStream,
}

/// Both directions of a pair.
pub(crate) struct Pipes {
    pub(crate) requests: Pipe,
    pub(crate) responses: Pipe,
}

impl Pipes {
    /// Each message is on its way for that long.
    pub(crate) fn new(distance: Duration) -> Self {
        Self {
            requests: Pipe::new(distance),
            responses: Pipe::new(distance),
        }
    }
}

/// Connects to HOST:PORT.
pub(crate) async fn connect(upstream: &str, patience: Duration) -> io::Result<TcpStream> {
    let stream = tokio::time::timeout(patience, TcpStream::connect(upstream))
        .await
        .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "it does not answer"))??;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Keeps what is written from now on together with the end, as far as it fits into one segment: whoever reads the last byte
/// knows of the end as well, and asks nothing more.
pub(crate) fn cork(stream: &TcpStream) {
    // Without it the end comes a moment later.
    let _ = rustix::net::sockopt::set_tcp_cork(stream, true);
}

/// Breaks a connection off: the other end sees a reset instead of an end.
pub(crate) fn reset(stream: TcpStream) {
    // Fails only for a socket that is gone already.
    let _ = stream.set_zero_linger();
    drop(stream);
}

impl Pair {
    pub(crate) fn end(self, how: &End) {
        if let End::Reset = how {
            reset(self.client);
            reset(self.upstream);
        }
    }
}
