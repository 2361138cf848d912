//! The listeners beside OTLP's, each off unless it was asked for.

use std::net::SocketAddr;

use axum::Router;
use listen::Listen;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::foreign::Read;
use super::{Receiver, datagrams, jaeger, xray, zipkin};
use crate::arrivals::Way;
use crate::kernel_drops::Socket;
use crate::options::OtherProtocols;
use crate::serve::{Protocol, serve};
use crate::{Failure, sockets, token};

/// What was started.
#[derive(Default)]
pub struct Beside {
    /// Where each listens, by the name that the ready line gives it.
    pub addresses: Vec<(&'static str, SocketAddr)>,
    /// They end after `stopped` says so.
    pub tasks: Vec<JoinHandle<()>>,
}

type Routes = fn(Receiver) -> Router;

/// Starts those that `options` ask for. Requests must say the token, if there is one; packets cannot.
pub fn start(
    options: &OtherProtocols,
    token: Option<&str>,
    receiver: &Receiver,
    stopped: &watch::Receiver<bool>,
) -> Result<Beside, Failure> {
    let mut beside = Beside::default();
    let requests: [(&'static str, Option<Listen>, &str, Routes); 2] = [
        ("zipkin", options.listen_zipkin, "listen-zipkin", zipkin::routes),
        (
            "jaeger_http",
            options.listen_jaeger_http,
            "listen-jaeger-http",
            jaeger::routes,
        ),
    ];
    for (name, place, option, routes) in requests {
        let Some(place) = place else { continue };
        let listener = sockets::listener(place, option)
            .and_then(|it| TcpListener::from_std(it).map_err(|error| cannot(option, &error)))?;
        let address = listener.local_addr().map_err(|error| cannot(option, &error))?;
        beside.addresses.push((name, address));
        let router = token::required(routes(receiver.clone()), token);
        let task = serve(listener, Protocol::Http1, router, stopped.clone());
        beside.tasks.push(tokio::spawn(task));
    }
    let packets: [(&'static str, Option<Listen>, &str, Way, Read); 3] = [
        (
            "jaeger_compact",
            options.listen_jaeger_compact,
            "listen-jaeger-compact",
            Way::JaegerCompact,
            jaeger::compact,
        ),
        (
            "jaeger_binary",
            options.listen_jaeger_binary,
            "listen-jaeger-binary",
            Way::JaegerBinary,
            jaeger::binary,
        ),
        (
            "xray",
            options.listen_xray,
            "listen-xray",
            Way::Xray,
            xray::packet,
        ),
    ];
    for (name, place, option, way, read) in packets {
        let Some(place) = place else { continue };
        let socket = sockets::packets(place, option)
            .and_then(|it| UdpSocket::from_std(it).map_err(|error| cannot(option, &error)))?;
        let address = socket.local_addr().map_err(|error| cannot(option, &error))?;
        beside.addresses.push((name, address));
        if let Some(socket) = Socket::of(&socket) {
            receiver.lab.arrivals.watch(way, socket);
        }
        let task = datagrams::serve(socket, way, read, receiver.clone(), stopped.clone());
        beside.tasks.push(tokio::spawn(task));
    }
    Ok(beside)
}

fn cannot(option: &str, error: &std::io::Error) -> Failure {
    Failure::execution(format!("--{option}: {error}"), "try another address")
}
