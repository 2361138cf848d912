//! One connection to a client: HTTP/1.1, and no patience with those who are too slow.

use std::convert::Infallible;
use std::io;
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use http::header::CONNECTION;
use http::{HeaderValue, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower::Service;

use crate::shutdown::Shutdown;

/// The largest head of a request, in bytes: the baggage alone may have 8 KiB.
const MAX_HEAD: usize = 32 * 1024;
/// For how long after it came up late a service looks at who has been waiting.
const LATEST: Duration = Duration::from_secs(2);
/// How far the kernel's times may be off.
const KERNEL_TICK: Duration = Duration::from_millis(10);
/// The most headers of a request.
const MAX_HEADERS: usize = 64;

/// How long a client may take over each part of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// From the first byte of a request to the end of its headers.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// For taking anything of an answer.
    pub write: Duration,
    /// How often the clock is looked at.
    pub check: Duration,
    /// For how long a client must have been silent before its connection is closed because the service goes: one that asks now
    /// and then may be asking already, and is told with its next answer.
    pub farewell: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(5),
            idle: Duration::from_secs(75),
            write: Duration::from_secs(10),
            check: Duration::from_millis(500),
            farewell: Duration::from_millis(250),
        }
    }
}

/// For how long a request had been waiting in the kernel's queue when its connection was accepted, because the service came up late.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waited(pub Duration);

/// When a service that came up late began to accept connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Late(Instant);

impl Late {
    /// Now.
    pub fn now() -> Self {
        Self(Instant::now())
    }

    /// For how long whoever is on this connection has been waiting, if that began before the service was there.
    pub fn kept_waiting(self, stream: &TcpStream) -> Option<Waited> {
        let there = self.0.elapsed();
        if there > LATEST {
            return None;
        }
        let waited = since_last_bytes(stream)?;
        (waited > there + KERNEL_TICK).then_some(Waited(waited))
    }
}

/// How long ago the last bytes came on that connection, in the kernel's ticks.
fn since_last_bytes(stream: &TcpStream) -> Option<Duration> {
    // SAFETY: all-zero bytes are a valid `tcp_info`, which is plain numbers.
    let mut info: libc::tcp_info = unsafe { std::mem::zeroed() };
    let mut length = libc::socklen_t::try_from(size_of::<libc::tcp_info>()).ok()?;
    // SAFETY: the pointers are to a `tcp_info` and a length of our own, and the call writes no more than that length.
    let result = unsafe {
        libc::getsockopt(
            stream.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            (&raw mut info).cast(),
            &raw mut length,
        )
    };
    (result == 0).then(|| Duration::from_millis(u64::from(info.tcpi_last_data_recv)))
}

/// Serves one connection until it is closed, too slow, or the service must go and no request is in progress. Its first request has
/// been waiting for so long, if it has.
pub(crate) async fn serve(
    stream: TcpStream,
    waited: Option<Waited>,
    router: Router,
    shutdown: Shutdown,
    patience: Patience,
) {
    let _busy = shutdown.busy();
    let _ = stream.set_nodelay(true);
    let watch = Arc::new(Watch::new());
    let waited = Mutex::new(waited);
    let service = service_fn({
        let (watch, shutdown) = (watch.clone(), shutdown.clone());
        move |mut request: Request<Incoming>| {
            watch.enter(Phase::Serving);
            if let Some(waited) = waited.lock().unwrap_or_else(PoisonError::into_inner).take() {
                request.extensions_mut().insert(waited);
            }
            let (watch, shutdown) = (watch.clone(), shutdown.clone());
            // A router is always ready.
            let answer = router.clone().call(request.map(Body::new));
            async move {
                let mut answer = answer.await.unwrap_or_else(|never| match never {});
                if shutdown.is_requested() {
                    answer
                        .headers_mut()
                        .insert(CONNECTION, HeaderValue::from_static("close"));
                }
                watch.enter(Phase::Idle);
                Ok::<_, Infallible>(answer)
            }
        }
    });
    let connection = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .half_close(false)
        .serve_connection(
            TokioIo::new(Watched {
                stream,
                watch: watch.clone(),
            }),
            service,
        );
    let mut connection = std::pin::pin!(connection);
    let mut clock = tokio::time::interval(patience.check);
    let mut going = false;
    loop {
        tokio::select! {
            // How it ended is the client's affair: what went wrong in a request was answered.
            _ = connection.as_mut() => return,
            _ = clock.tick() => {
                if watch.is_exhausted(patience) {
                    return;
                }
                if going && watch.is_silent(patience.farewell) {
                    connection.as_mut().graceful_shutdown();
                }
            }
            () = shutdown.requested(), if !going => {
                going = true;
                clock = tokio::time::interval(patience.farewell / 8);
            }
        }
    }
}

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Between two requests.
    Idle,
    /// Some of a request's head has come.
    Head,
    /// A request is being served; its deadline sees to the rest.
    Serving,
}

/// Since when a connection has been doing what it does. The phase is in the lowest two bits, the time (milliseconds since
/// the connection began) in the others.
#[derive(Debug)]
struct Watch {
    began: Instant,
    phase: AtomicU64,
    /// Since when the client has taken nothing of what is to be written; 0 when it is not waited for.
    stuck: AtomicU64,
}

impl Watch {
    fn new() -> Self {
        Self {
            began: Instant::now(),
            phase: AtomicU64::new(Phase::Idle as u64),
            stuck: AtomicU64::new(0),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX >> 2)
    }

    fn enter(&self, phase: Phase) {
        self.phase
            .store(self.now() << 2 | phase as u64, Ordering::Relaxed);
    }

    fn bytes_came(&self) {
        if self.phase.load(Ordering::Relaxed) & 3 == Phase::Idle as u64 {
            self.enter(Phase::Head);
        }
    }

    fn writing(&self, pending: bool) {
        let since = self.stuck.load(Ordering::Relaxed);
        if pending && since == 0 {
            self.stuck.store(self.now().max(1), Ordering::Relaxed);
        } else if !pending && since != 0 {
            self.stuck.store(0, Ordering::Relaxed);
        }
    }

    /// Whether nothing has come since the last answer, which is so long ago.
    fn is_silent(&self, limit: Duration) -> bool {
        let state = self.phase.load(Ordering::Relaxed);
        let since = self.now().saturating_sub(state >> 2);
        state & 3 == Phase::Idle as u64 && u128::from(since) > limit.as_millis()
    }

    fn is_exhausted(&self, patience: Patience) -> bool {
        let now = self.now();
        let longer_than =
            |since: u64, limit: Duration| u128::from(now.saturating_sub(since)) > limit.as_millis();
        let stuck = self.stuck.load(Ordering::Relaxed);
        if stuck != 0 && longer_than(stuck, patience.write) {
            return true;
        }
        let state = self.phase.load(Ordering::Relaxed);
        match state & 3 {
            phase if phase == Phase::Idle as u64 => longer_than(state >> 2, patience.idle),
            phase if phase == Phase::Head as u64 => longer_than(state >> 2, patience.head),
            _ => false,
        }
    }
}

/// A stream that tells the watch what happens on it.
struct Watched {
    stream: TcpStream,
    watch: Arc<Watch>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        if buffer.filled().len() > before {
            self.watch.bytes_came();
        }
        Poll::Ready(result)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch.writing(result.is_pending());
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watch.writing(result.is_pending());
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
