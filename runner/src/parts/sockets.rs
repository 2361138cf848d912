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

    /// The socket itself, for a part that lives in this process.
    #[must_use]
    pub fn into_listener(self) -> TcpListener {
        self.descriptor.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
