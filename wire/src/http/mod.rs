//! One connection over an HTTP edge: how it begins, how long it may be silent, and how it ends.

mod connection;

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use http1::{Answers, HeadParser};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Sleep, sleep_until, timeout};

use crate::edge::Edge;
use crate::options::Limits;
use crate::problem::{self, Problem};
use crate::stream::{self, End, Pair};
use connection::Connection;

/// Why a connection is over.
#[derive(Debug)]
enum Outcome {
    /// As it began: by one of both sides.
    End(End),
    /// By the service, or by a fault: the answer is whole, though the client may still be sending.
    Answered,
    /// By the wire, which says why.
    Problem(Problem),
}

impl From<End> for Outcome {
    fn from(end: End) -> Self {
        Self::End(end)
    }
}

/// Forwards messages until one side ends, or until `stop` and the end of the message on its way.
pub(crate) async fn run(edge: Arc<Edge>, mut client: TcpStream, mut stop: watch::Receiver<bool>) {
    let handshake = edge.hazards.handshakes.take();
    let handshake = handshake.map(|lasts| Instant::now() + lasts);
    let upstream = match stream::connect(&edge.upstream, edge.limits.connect).await {
        Ok(upstream) => upstream,
        Err(error) => {
            if let Some(problem) = unreachable(&edge, &mut client, &error).await {
                problem.send(client).await;
            }
            return;
        }
    };
    let mut connection = Connection::new(edge, Pair { client, upstream }, handshake);
    let mut stopped = pin!(stop.wait_for(|stop| *stop));
    let mut silence = pin!(Silence::new(&connection));
    let outcome = poll_fn(|context| {
        if let Poll::Ready(outcome) = connection.poll(context) {
            return Poll::Ready(outcome);
        }
        if !connection.is_stopping() && stopped.as_mut().poll(context).is_ready() && connection.stop() {
            return Poll::Ready(End::Closed.into());
        }
        silence.as_mut().poll(context, &connection)
    })
    .await;
    let pair = connection.finish();
    match outcome {
        Outcome::End(end) => pair.end(&end),
        Outcome::Answered => problem::linger(pair.client).await,
        Outcome::Problem(problem) => {
            stream::reset(pair.upstream);
            problem.send(pair.client).await;
        }
    }
}

/// The answer to the first request of a client whose service cannot be reached; none when it sends none.
async fn unreachable(edge: &Edge, client: &mut TcpStream, error: &io::Error) -> Option<Problem> {
    let problem = match first_request(client, &edge.limits).await? {
        Ok(answers) => {
            let detail = format!(
                "{}: nothing can be reached at {}: {error}",
                edge.name, edge.upstream
            );
            Problem::bad_gateway(detail, answers == Answers::Head)
        }
        Err(problem) => problem,
    };
    Some(problem)
}

async fn first_request(client: &mut TcpStream, limits: &Limits) -> Option<Result<Answers, Problem>> {
    let (mut parser, mut bytes) = (HeadParser::new(), Vec::new());
    let mut patience = limits.idle;
    let started = Instant::now();
    loop {
        match timeout(patience, client.read_buf(&mut bytes)).await {
            Ok(Ok(count)) if count > 0 => {}
            Err(_) if !bytes.is_empty() => return Some(Err(Problem::timed_out())),
            _ => return None,
        }
        match parser.request(&bytes, |_, _| {}) {
            Ok(None) => patience = limits.half_request.saturating_sub(started.elapsed()),
            Ok(Some(head)) => return Some(Ok(head.answers())),
            Err(error) => return Some(Err(Problem::bad_request(error.to_string()))),
        }
    }
}

/// Ends a connection that is silent for too long. The timer is set again only when it fires, not for each message.
struct Silence {
    timer: Pin<Box<Sleep>>,
}

impl Silence {
    fn new(connection: &Connection) -> Self {
        let first = Instant::now() + connection.limits().idle;
        Self {
            timer: Box::pin(sleep_until(first.into())),
        }
    }

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>, connection: &Connection) -> Poll<Outcome> {
        loop {
            let due = connection.silence_ends();
            if let Some((due, _)) = due
                .as_ref()
                .filter(|(due, _)| *due < self.timer.deadline().into_std())
            {
                self.timer.as_mut().reset((*due).into());
            }
            if self.timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            let next = match due {
                Some((due, waits_for)) if due <= now => return Poll::Ready(waits_for.outcome()),
                Some((due, _)) => due,
                None => now + connection.limits().idle,
            };
            self.timer.as_mut().reset(next.into());
        }
    }
}

/// What a silent connection is waiting for.
#[derive(Debug, Clone, Copy)]
enum WaitsFor {
    /// The next request, or the end.
    Request,
    /// The rest of a request; nothing was answered yet.
    RestOfRequest,
    /// The rest of a request that is already being answered.
    RestOfAnsweredRequest,
}

impl WaitsFor {
    fn outcome(self) -> Outcome {
        match self {
            Self::Request => End::Closed.into(),
            Self::RestOfRequest => Outcome::Problem(Problem::timed_out()),
            Self::RestOfAnsweredRequest => End::Reset.into(),
        }
    }
}
