//! Taking connections: as many as there are descriptors for, none of them for ever, and all of them ended in order.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::Sleep;
use tower::ServiceExt as _;

/// Which HTTP a listener speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    /// The same for answers that may be long: little of them lies waiting for a reader who does not read.
    Questions,
    /// Without TLS and without an upgrade, as gRPC does.
    Http2,
}

/// The most connections of one listener.
const CONNECTIONS: usize = 2048;
/// How many bytes of an answer wait for its reader.
const WAITING: usize = 32 << 10;
/// How long nothing may go in or out over a connection, between requests or inside of one. gRPC's connections are asked
/// to answer before that.
const SILENCE: Duration = Duration::from_secs(60);
/// How long a request's head may take.
const HEAD: Duration = Duration::from_secs(30);
const PING: Duration = Duration::from_secs(20);
/// How long an answer that is ready may take to be written when the lab stops.
const FLUSH: Duration = Duration::from_millis(200);
/// How long requests under way may take when the lab stops.
const LAST: Duration = Duration::from_secs(10);

/// Serves until `stop` says so, then finishes what is under way.
pub async fn serve(
    listener: TcpListener,
    protocol: Protocol,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = async {
            // Connections beyond the limit wait in the kernel's queue.
            let place = Arc::clone(&room).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match (place, accepted) {
            (Ok(place), Ok((stream, _))) => {
                let connection = connection(stream, protocol, router.clone(), stop.clone());
                tokio::spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            // Out of descriptors, most likely: others will be closed soon.
            (_, Err(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            (Err(_), _) => break,
        }
    }
    drop(listener);
    let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(LAST, room.acquire_many(all)).await;
}

async fn connection(stream: TcpStream, protocol: Protocol, router: Router, stop: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(Impatient::new(stream));
    let under_way = Arc::new(());
    let counted = Arc::clone(&under_way);
    let service = router
        .map_request(|request: Request<Incoming>| request.map(axum::body::Body::new))
        .map_future(move |answer| {
            let counted = Arc::clone(&counted);
            async move {
                let answer = answer.await;
                drop(counted);
                answer
            }
        });
    let service = TowerToHyperService::new(service);
    // The service holds one count, and each request under way another.
    let idle = || Arc::strong_count(&under_way) <= 2;
    match protocol {
        Protocol::Http1 | Protocol::Questions => {
            let mut builder = hyper::server::conn::http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
            if protocol == Protocol::Questions {
                builder.max_buf_size(WAITING);
            }
            let connection = builder.serve_connection(io, service);
            until_stopped(
                connection,
                hyper::server::conn::http1::Connection::graceful_shutdown,
                idle,
                stop,
            )
            .await;
        }
        Protocol::Http2 => {
            let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .keep_alive_interval(PING)
                .keep_alive_timeout(PING)
                .max_concurrent_streams(64)
                .max_header_list_size(16 << 10)
                .initial_stream_window_size(1 << 20)
                .initial_connection_window_size(4 << 20)
                .serve_connection(io, service);
            until_stopped(
                connection,
                hyper::server::conn::http2::Connection::graceful_shutdown,
                idle,
                stop,
            )
            .await;
        }
    }
}

/// Drives a connection to its end, which is soon once the lab stops: requests under way are answered, and a client that
/// has not asked anything yet is not waited for. How a connection ends is the client's affair.
async fn until_stopped<C: Future>(
    connection: C,
    end: impl Fn(Pin<&mut C>),
    idle: impl Fn() -> bool,
    mut stop: watch::Receiver<bool>,
) {
    let mut connection = pin!(connection);
    tokio::select! {
        _ = &mut connection => return,
        _ = stop.wait_for(|stop| *stop) => end(connection.as_mut()),
    }
    while tokio::time::timeout(FLUSH, &mut connection).await.is_err() {
        if idle() {
            return;
        }
    }
}

/// A stream that fails when nothing has come, and nothing has been taken, for too long.
struct Impatient {
    stream: TcpStream,
    patience: Pin<Box<Sleep>>,
}

impl Impatient {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            patience: Box::pin(tokio::time::sleep(SILENCE)),
        }
    }

    /// Whatever gets on renews the patience, and whatever waits uses it up.
    fn patiently<T>(&mut self, cx: &mut Context<'_>, got_on: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if got_on.is_pending() {
            return self
                .patience
                .as_mut()
                .poll(cx)
                .map(|()| Err(io::ErrorKind::TimedOut.into()));
        }
        self.patience
            .as_mut()
            .reset(tokio::time::Instant::now() + SILENCE);
        got_on
    }
}

impl AsyncRead for Impatient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.patiently(cx, read)
    }
}

impl AsyncWrite for Impatient {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.patiently(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.patiently(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// Makes room for as many connections as there may be, as far as the system allows; often only 1,024 are, of which a
/// thousand idle ones would leave nothing for others.
pub fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let wanted = 4 * CONNECTIONS as u64;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_some_and(|current| current < wanted) {
        let current = Some(maximum.map_or(wanted, |maximum| maximum.min(wanted)));
        // What is not granted only means that further connections wait.
        let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum });
    }
}
