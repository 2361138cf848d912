//! Where to listen: an address to bind, or a socket that somebody else bound and handed over.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::str::FromStr;

use crate::Failure;

/// `ADDRESS:PORT` or `fd:N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// An address to bind; port 0 takes a free one.
    Address(SocketAddr),
    /// A socket that listens, or a bound one for packets, inherited under this number.
    Inherited(RawFd),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is neither ADDRESS:PORT, such as 127.0.0.1:4318, nor fd:N");
        match text.strip_prefix("fd:") {
            Some(number) => number
                .parse()
                .ok()
                .filter(|fd| *fd > 2)
                .map(Self::Inherited)
                .ok_or_else(wrong),
            None => text.parse().map(Self::Address).map_err(|_| wrong()),
        }
    }
}

impl Place {
    /// The socket, ready for tokio. `purpose` is the option's name, for the error.
    pub fn listen(self, purpose: &str) -> Result<TcpListener, Failure> {
        let listener = match self {
            Self::Address(address) => TcpListener::bind(address).map_err(|error| {
                Failure::execution(
                    format!("--{purpose} {address}: {error}"),
                    "choose another port, or 0 for one that is free",
                )
            })?,
            Self::Inherited(fd) => inherited(fd).map_err(|error| {
                Failure::input(
                    format!("--{purpose} fd:{fd}: {error}"),
                    "hand over a socket that listens",
                )
            })?,
        };
        listener
            .set_nonblocking(true)
            .map_err(|error| Failure::execution(format!("--{purpose}: {error}"), "try another address"))?;
        Ok(listener)
    }
}

/// How many bytes of packets the kernel is asked to keep until they are fetched; it may grant less.
const PACKETS_WAITING: usize = 4 << 20;

impl Place {
    /// The socket for packets, ready for tokio. `purpose` is the option's name, for the error.
    pub fn packets(self, purpose: &str) -> Result<UdpSocket, Failure> {
        let socket = match self {
            Self::Address(address) => UdpSocket::bind(address).map_err(|error| {
                Failure::execution(
                    format!("--{purpose} {address}: {error}"),
                    "choose another port, or 0 for one that is free",
                )
            })?,
            Self::Inherited(fd) => inherited_for_packets(fd).map_err(|error| {
                Failure::input(
                    format!("--{purpose} fd:{fd}: {error}"),
                    "hand over a bound UDP socket",
                )
            })?,
        };
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&socket, PACKETS_WAITING);
        socket
            .set_nonblocking(true)
            .map_err(|error| Failure::execution(format!("--{purpose}: {error}"), "try another address"))?;
        Ok(socket)
    }
}

fn inherited_for_packets(fd: RawFd) -> std::io::Result<UdpSocket> {
    let socket = open(fd)?;
    match rustix::net::sockopt::socket_type(&socket) {
        Ok(rustix::net::SocketType::DGRAM) => Ok(UdpSocket::from(socket)),
        Ok(_) => Err(std::io::Error::other("this is not a UDP socket")),
        Err(error) => Err(error.into()),
    }
}

/// The descriptor of this number, if it is open.
fn open(fd: RawFd) -> std::io::Result<OwnedFd> {
    // SAFETY: borrowed for one call, which only asks whether the descriptor is open.
    rustix::io::fcntl_getfd(unsafe { BorrowedFd::borrow_raw(fd) })?;
    // SAFETY: it is open, and the command line gives it to this process for this purpose alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn inherited(fd: RawFd) -> std::io::Result<TcpListener> {
    let socket = open(fd)?;
    match rustix::net::sockopt::socket_acceptconn(&socket) {
        Ok(true) => Ok(TcpListener::from(socket)),
        Ok(false) => Err(std::io::Error::other("this socket does not listen")),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_addresses_or_descriptors() {
        assert_eq!(
            "127.0.0.1:0".parse(),
            Ok(Place::Address(([127, 0, 0, 1], 0).into()))
        );
        assert_eq!("fd:7".parse(), Ok(Place::Inherited(7)));
        for wrong in ["", "localhost", ":80", "fd:", "fd:-1", "fd:1", "fd:x"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }
}
