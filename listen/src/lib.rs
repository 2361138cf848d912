//! Where a part listens: an address to bind, or a socket that its parent bound and handed over.
//!
//! A parent that binds every socket before it starts anything can start all parts at once: a connection to a part that is not
//! ready yet waits in the kernel's queue.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::str::FromStr;

use rustix::net::{SocketType, sockopt};

/// How many bytes of packets the kernel is asked to keep until they are fetched; it may grant less.
const PACKETS_WAITING: usize = 4 << 20;

/// Where to listen, written `ADDRESS:PORT` or `fd:N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    /// Bind this address; port 0 takes a free one.
    Address(SocketAddr),
    /// Take this socket, bound and listening, from the parent.
    Inherited(RawFd),
}

/// Why a part cannot listen there.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is in use, or not one of this machine.
    #[error("cannot listen on {address}: {error}")]
    Address {
        /// As it was given.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// What was handed over is not such a socket.
    #[error("fd:{descriptor} cannot be listened on: {why}")]
    Inherited {
        /// As it was given.
        descriptor: RawFd,
        /// What is there instead.
        why: String,
    },
    /// The system refuses to use the socket without blocking.
    #[error("cannot use the listening socket: {0}")]
    Unusable(io::Error),
}

impl ListenError {
    /// The exit code that goes with it: 2 if what was given is wrong, 3 if it could not be carried out.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Inherited { .. } => 2,
            Self::Address { .. } | Self::Unusable(_) => 3,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Address { .. } => "another program may be using the port; port 0 takes a free one",
            Self::Inherited { .. } => {
                "the parent must pass a bound socket with that number: a listening one, or one for UDP packets where those are taken"
            }
            Self::Unusable(_) => "give another address",
        }
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(number) = text.strip_prefix("fd:") {
            return match number.parse::<RawFd>() {
                Ok(number) if number > 2 => Ok(Self::Inherited(number)),
                _ => Err(format!(
                    "`{number}` is not the number of an inherited socket (3 or more)"
                )),
            };
        }
        text.parse()
            .map(Self::Address)
            .map_err(|_| format!("`{text}` is neither ADDRESS:PORT, such as 127.0.0.1:8080, nor fd:N"))
    }
}

impl Listen {
    /// Binds the address, or takes over the inherited socket. The socket does not block.
    ///
    /// # Errors
    ///
    /// When the address is in use, or the descriptor is not a listening socket.
    pub fn bind(self) -> Result<TcpListener, ListenError> {
        let listener = match self {
            Self::Address(address) => {
                TcpListener::bind(address).map_err(|error| ListenError::Address { address, error })?
            }
            Self::Inherited(descriptor) => inherit(descriptor, listens)?.into(),
        };
        listener.set_nonblocking(true).map_err(ListenError::Unusable)?;
        Ok(listener)
    }

    /// Binds the address for UDP packets, or takes over the inherited socket. The socket does not block.
    ///
    /// # Errors
    ///
    /// When the address is in use, or the descriptor is not a socket for packets.
    pub fn bind_packets(self) -> Result<UdpSocket, ListenError> {
        let socket = match self {
            Self::Address(address) => {
                UdpSocket::bind(address).map_err(|error| ListenError::Address { address, error })?
            }
            Self::Inherited(descriptor) => inherit(descriptor, takes_packets)?.into(),
        };
        // Fewer than asked for is no reason not to take what comes.
        let _ = sockopt::set_socket_recv_buffer_size(&socket, PACKETS_WAITING);
        socket.set_nonblocking(true).map_err(ListenError::Unusable)?;
        Ok(socket)
    }
}

/// The inherited socket, if that says nothing against it.
fn inherit(
    descriptor: RawFd,
    check: impl FnOnce(BorrowedFd<'_>) -> Result<(), String>,
) -> Result<OwnedFd, ListenError> {
    // SAFETY: the descriptor is only borrowed for this check, and a number that is not open is reported as EBADF.
    let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
    check(borrowed).map_err(|why| ListenError::Inherited { descriptor, why })?;
    // SAFETY: the descriptor was just seen to be an open socket, and nothing else in this process owns what the parent left
    // to it under this number.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

fn listens(socket: BorrowedFd<'_>) -> Result<(), String> {
    match sockopt::socket_acceptconn(socket) {
        Ok(true) => Ok(()),
        Ok(false) => Err("the socket does not listen".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn takes_packets(socket: BorrowedFd<'_>) -> Result<(), String> {
    match sockopt::socket_type(socket) {
        Ok(SocketType::DGRAM) => Ok(()),
        Ok(_) => Err("this is not a UDP socket".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::{AsRawFd, IntoRawFd};

    use super::*;

    #[test]
    fn places_are_addresses_or_descriptors() {
        assert_eq!(
            "127.0.0.1:0".parse(),
            Ok(Listen::Address(([127, 0, 0, 1], 0).into()))
        );
        assert_eq!("fd:7".parse(), Ok(Listen::Inherited(7)));
        for wrong in ["", "localhost", ":80", "fd:", "fd:-1", "fd:2", "fd:x"] {
            assert!(wrong.parse::<Listen>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_inherited_socket_is_taken_over_with_its_address() {
        let bound = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = bound.local_addr().expect("bound");
        let taken = Listen::Inherited(bound.into_raw_fd()).bind().expect("it listens");
        assert_eq!(taken.local_addr().expect("bound"), address);
        let error = Listen::Address(address).bind().expect_err("the port is taken");
        assert_eq!(error.code(), 3);
        assert!(error.to_string().contains(&address.to_string()), "{error}");
    }

    #[test]
    fn what_does_not_listen_is_refused_and_left_alone() {
        let file = std::fs::File::open("/dev/null").expect("always there");
        for descriptor in [file.as_raw_fd(), RawFd::MAX] {
            let error = Listen::Inherited(descriptor).bind().expect_err("no socket");
            assert_eq!(error.code(), 2);
            assert!(error.to_string().contains(&format!("fd:{descriptor}")), "{error}");
        }
        file.metadata().expect("it is still open");
    }
}
