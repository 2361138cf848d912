//! Listening sockets that a parent binds and a child inherits.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use crate::Failure;

/// A bound listening socket and where it listens.
#[derive(Debug)]
pub struct Socket {
    descriptor: OwnedFd,
    address: SocketAddr,
}

impl Socket {
    /// Binds `port` on the loopback address; 0 takes a free one.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with exit code 3 when the port is in use.
    pub fn bind(port: u16) -> Result<Self, Failure> {
        let wanted = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        let bound = TcpListener::bind(wanted).and_then(|listener| {
            let address = listener.local_addr()?;
            Ok(Self {
                descriptor: listener.into(),
                address,
            })
        });
        bound.map_err(|error| {
            Failure::run(format!("cannot listen on {wanted}: {error}"))
                .help("choose other ports with `--port-base`, or `--port-base 0` for free ones")
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The number under which the child will find it.
    #[must_use]
    pub fn number(&self) -> RawFd {
        self.descriptor.as_raw_fd()
    }

    /// As a part's option says it: `fd:7`.
    #[must_use]
    pub fn argument(&self) -> String {
        format!("fd:{}", self.number())
    }

    /// Turns away whoever connects, by a reset, for as long as what is returned lives: whoever should accept is not there, and the
    /// kernel would let them wait for it. Must be called on a runtime.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when the socket cannot be used.
    pub fn turn_away(&self) -> Result<TurningAway, Failure> {
        let cannot = |error| Failure::run(format!("cannot turn away at {}: {error}", self.address));
        let listener: TcpListener = self.descriptor.try_clone().map_err(cannot)?.into();
        listener.set_nonblocking(true).map_err(cannot)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(cannot)?;
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Closing without lingering is a reset.
                let _ = stream.set_zero_linger();
            }
        });
        Ok(TurningAway(task))
    }

    /// The socket itself, for a part that lives in this process.
    #[must_use]
    pub fn into_listener(self) -> TcpListener {
        self.descriptor.into()
    }
}

/// Turns away whoever connects, until it is dropped.
#[derive(Debug)]
pub struct TurningAway(tokio::task::JoinHandle<()>);

impl Drop for TurningAway {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_comes_while_nobody_is_there_is_turned_away() {
        use tokio::io::AsyncReadExt;

        let socket = Socket::bind(0).expect("a free port");
        let turning_away = socket.turn_away().expect("the socket listens");
        let mut stream = tokio::net::TcpStream::connect(socket.address())
            .await
            .expect("a connection");
        assert!(stream.read(&mut [0; 1]).await.is_err(), "it was reset");
        drop(turning_away);
    }

    #[test]
    fn a_port_in_use_is_named_with_the_way_out() {
        let first = Socket::bind(0).expect("a free port");
        let failure = Socket::bind(first.address().port()).expect_err("the port is taken");
        assert_eq!(failure.code, 3);
        assert!(
            failure.message.contains(&first.address().to_string()),
            "{failure}"
        );
        assert!(failure.help.is_some_and(|help| help.contains("--port-base")));
    }
}
