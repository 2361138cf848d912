//! One connection over an edge whose protocol the wire does not read: all bytes both ways, struck only while a fault is set
//! for a time.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::AsyncWrite;
use tokio::net::TcpStream;

use crate::delay::Delays;
use crate::edge::Edge;
use crate::pipe::Pipe;
use crate::stream::{self, End, Pair, Pipes};
use crate::strike::{Cut, Mechanism, Strike, Swallowed};

/// Forwards until both sides have ended.
pub(crate) async fn run(edge: Arc<Edge>, client: TcpStream) {
    let Ok(upstream) = stream::connect(&edge.upstream, edge.limits.connect).await else {
        // What a client would see if it had tried itself.
        stream::reset(client);
        return;
    };
    let mut connection = Connection {
        edge,
        pair: Pair { client, upstream },
        pipes: Pipes::new(Duration::ZERO),
        requests_closed: false,
        responses_closed: false,
        strike: None,
    };
    let end = poll_fn(|context| connection.poll(context))
        .await
        .unwrap_or(End::Reset);
    connection.end_strike();
    connection.pair.end(&end);
}

struct Connection {
    edge: Arc<Edge>,
    pair: Pair,
    pipes: Pipes,
    requests_closed: bool,
    responses_closed: bool,
    strike: Option<Strike>,
}

impl Connection {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<End>> {
        if self.follow_window(context) {
            return Poll::Ready(Ok(End::Reset));
        }
        let mut cut = None;
        match self.strike.as_mut().map(|strike| &mut strike.mechanism) {
            Some(Mechanism::Swallowed(swallowed)) => {
                return poll_swallow(
                    context,
                    &mut self.pipes.requests,
                    &mut self.pair.client,
                    swallowed,
                );
            }
            Some(Mechanism::Cut(after)) => cut = Some(after),
            _ => {}
        }
        let Pair { client, upstream } = &mut self.pair;
        let Pipes { requests, responses } = &mut self.pipes;
        let delays = &self.edge.delays;
        let closed = &mut self.requests_closed;
        let there = poll_copy(context, requests, client, upstream, delays, closed, None)?;
        let closed = &mut self.responses_closed;
        let back = poll_copy(
            context,
            responses,
            upstream,
            client,
            delays,
            closed,
            cut.as_deref_mut(),
        )?;
        match (there, back) {
            _ if cut.is_some_and(|cut| cut.is_done()) && responses.is_flushed() => {
                Poll::Ready(Ok(End::Reset))
            }
            (Poll::Ready(()), Poll::Ready(())) => Poll::Ready(Ok(End::Closed)),
            _ => Poll::Pending,
        }
    }

    /// Is struck by what is set, until it no longer is. Whether the connection is broken then: what was taken does not come back.
    fn follow_window(&mut self, context: &mut Context<'_>) -> bool {
        loop {
            if let Some(strike) = &mut self.strike {
                if strike.poll_over(context).is_pending() {
                    return false;
                }
                let is_broken = matches!(&strike.mechanism, Mechanism::Swallowed(swallowed) if swallowed.waited().is_some());
                self.end_strike();
                if is_broken {
                    return true;
                }
            }
            let Some(mut strike) = self.edge.hazards.on_connection() else {
                return false;
            };
            if let Mechanism::Late { request, response } = &mut strike.mechanism {
                self.pipes.requests.set_line(request.take());
                self.pipes.responses.set_line(response.take());
            }
            self.strike = Some(strike);
        }
    }

    /// One event for each connection and fault. What is held goes on.
    fn end_strike(&mut self) {
        if let Some(strike) = self.strike.take() {
            strike.tell(&self.pipes, self.edge.name, &self.edge.referee);
            self.pipes.requests.release();
            self.pipes.responses.release();
        }
    }
}

/// Takes what the client sends, and passes nothing on in either direction; ready when the client goes.
fn poll_swallow(
    context: &mut Context<'_>,
    pipe: &mut Pipe,
    client: &mut TcpStream,
    swallowed: &mut Swallowed,
) -> Poll<io::Result<End>> {
    while !pipe.is_ended() {
        if !pipe.pending().is_empty() {
            swallowed.swallow(pipe.arrived());
            pipe.discard();
        }
        ready!(pipe.poll_fill(context, client))?;
    }
    Poll::Ready(Ok(End::Closed))
}

/// Moves what there is to move, up to the cut if there is one; ready once the source has ended and the sink was told.
pub(crate) fn poll_copy(
    context: &mut Context<'_>,
    pipe: &mut Pipe,
    source: &mut TcpStream,
    sink: &mut TcpStream,
    delays: &Delays,
    closed: &mut bool,
    mut cut: Option<&mut Cut>,
) -> Poll<io::Result<()>> {
    loop {
        let count = pipe.pending().len();
        pipe.clear(match &mut cut {
            Some(cut) => cut.body(count, false),
            None => count,
        });
        let flushed = pipe.poll_flush(context, sink, delays)?;
        if pipe.is_ended() {
            ready!(flushed);
            if !*closed {
                ready!(Pin::new(&mut *sink).poll_shutdown(context))?;
                *closed = true;
            }
            return Poll::Ready(Ok(()));
        }
        ready!(pipe.poll_fill(context, source))?;
    }
}
