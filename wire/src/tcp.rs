//! One connection over an edge whose protocol the wire does not read: all bytes both ways, delayed only while a fault is
//! set for a time.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use faults::baggage::ActiveFault;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;

use crate::delay::Delays;
use crate::edge::Edge;
use crate::pipe::Pipe;
use crate::stream::{self, End, Pair, Pipes};
use crate::strike::Strike;

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
        pipes: Pipes::new(),
        requests_closed: false,
        responses_closed: false,
        window: None,
        strike: None,
    };
    let end = poll_fn(|context| connection.poll(context))
        .await
        .unwrap_or(End::Reset);
    if let Some(strike) = &mut connection.strike {
        strike.tell(connection.edge.name, &connection.edge.referee);
    }
    connection.pair.end(&end);
}

struct Connection {
    edge: Arc<Edge>,
    pair: Pair,
    pipes: Pipes,
    requests_closed: bool,
    responses_closed: bool,
    /// What the current delays were drawn from.
    window: Option<Arc<ActiveFault>>,
    strike: Option<Strike>,
}

impl Connection {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<End>> {
        self.follow_window();
        let Pair { client, upstream } = &mut self.pair;
        let delays = &self.edge.delays;
        let there = poll_copy(
            context,
            &mut self.pipes.requests,
            client,
            upstream,
            delays,
            &mut self.requests_closed,
        )?;
        let back = poll_copy(
            context,
            &mut self.pipes.responses,
            upstream,
            client,
            delays,
            &mut self.responses_closed,
        )?;
        self.report();
        match (there, back) {
            (Poll::Ready(()), Poll::Ready(())) => Poll::Ready(Ok(End::Closed)),
            _ => Poll::Pending,
        }
    }

    /// Draws new delays when another fault was set, and drops them when it was cleared.
    fn follow_window(&mut self) {
        let current = self.edge.window.get();
        let same = match (&current, &self.window) {
            (None, None) => true,
            (Some(current), Some(before)) => Arc::ptr_eq(current, before),
            _ => false,
        };
        if same {
            return;
        }
        if let Some(strike) = &mut self.strike {
            strike.tell(self.edge.name, &self.edge.referee);
        }
        self.strike = current
            .as_deref()
            .map(|fault| Strike::on_connection(fault, &self.edge.jitter));
        self.pipes
            .requests
            .set_delay(self.strike.as_ref().and_then(|strike| strike.request));
        self.pipes
            .responses
            .set_delay(self.strike.as_ref().and_then(|strike| strike.response));
        self.window = current;
    }

    /// One event for each connection and fault: the first piece that was held in each direction stands for all.
    fn report(&mut self) {
        let Some(strike) = &mut self.strike else {
            return;
        };
        for pipe in [&mut self.pipes.requests, &mut self.pipes.responses] {
            if let Some(held) = pipe.take_served() {
                strike.served(held, true, self.edge.name, &self.edge.referee);
            }
        }
    }
}

/// Moves what there is to move; ready once the source has ended and the sink was told.
pub(crate) fn poll_copy(
    context: &mut Context<'_>,
    pipe: &mut Pipe,
    source: &mut TcpStream,
    sink: &mut TcpStream,
    delays: &Delays,
    closed: &mut bool,
) -> Poll<io::Result<()>> {
    loop {
        pipe.clear(pipe.pending().len());
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
