//! The lab's sockets. An error says which option it was.

use std::net::{TcpListener, UdpSocket};

use listen::{Listen, ListenError};

use crate::Failure;

/// A socket that listens, ready for tokio. `option` is the option's name, for the error.
pub fn listener(place: Listen, option: &str) -> Result<TcpListener, Failure> {
    place.bind().map_err(|error| failure(&error, option))
}

/// A socket for packets, ready for tokio. `option` is the option's name, for the error.
pub fn packets(place: Listen, option: &str) -> Result<UdpSocket, Failure> {
    place.bind_packets().map_err(|error| failure(&error, option))
}

fn failure(error: &ListenError, option: &str) -> Failure {
    Failure {
        code: error.code(),
        message: format!("--{option}: {error}"),
        help: Some(error.help().to_owned()),
    }
}
