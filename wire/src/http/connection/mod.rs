//! The state of one connection: where in which message each direction is, and what that allows.
//!
//! Requests go on one after the other: the next is looked at when the answer to the one before is written. Nothing is
//! forwarded that was not judged, and nothing that was judged is changed.

mod exchange;
mod requests;
mod responses;

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use http1::{Body, HeadParser};

use super::{Outcome, WaitsFor};
use crate::delay::Wait;
use crate::edge::Edge;
use crate::options::Limits;
use crate::stream::{End, Pair, Pipes};
use crate::strike::Mechanism;
use crate::tcp::poll_copy;
use exchange::Exchange;

/// One connection of a client and the one that was made for it.
pub(super) struct Connection {
    edge: Arc<Edge>,
    pair: Pair,
    pipes: Pipes,
    inbound: Inbound,
    outbound: Outbound,
    request_heads: HeadParser,
    response_heads: HeadParser,
    exchange: Exchange,
    /// Until when the connection is being made, if it takes the place of one that was not kept.
    handshake: Option<Instant>,
    /// It is to be closed as soon as nothing is under way.
    is_last: bool,
    /// For an end that is held back.
    wait: Wait,
    /// When the first byte came of a head that is not whole yet.
    head_since: Option<Instant>,
    /// The service was told that the client sends no more.
    upstream_closed: bool,
    /// The client was told that the service sends no more.
    client_closed: bool,
    /// The service takes no more, though it may have answered before.
    upstream_failed: bool,
    stopping: bool,
}

/// Where the client's direction is.
enum Inbound {
    /// At or in the head of a request.
    Head,
    Body(Body),
    /// The request is passed on; the next one waits for the answer.
    Answer,
    /// Nothing more is passed on.
    Last,
    /// What comes goes nowhere.
    Swallowed,
    /// No longer HTTP.
    Tunnel,
}

/// Where the service's direction is.
enum Outbound {
    /// Nobody asked.
    Idle,
    Head,
    Body(Body),
    /// The answer is whole.
    Done,
    /// The answer breaks off here.
    Cut,
    /// The answer is written, and its end held back until that moment.
    Closing(Instant),
    /// No longer HTTP.
    Tunnel,
}

impl Connection {
    pub(super) fn new(edge: Arc<Edge>, pair: Pair, handshake: Option<Instant>) -> Self {
        Self {
            pipes: Pipes::new(edge.distance),
            edge,
            pair,
            inbound: Inbound::Head,
            outbound: Outbound::Idle,
            request_heads: HeadParser::new(),
            response_heads: HeadParser::new(),
            exchange: Exchange::none(),
            handshake,
            is_last: false,
            wait: Wait::default(),
            head_since: None,
            upstream_closed: false,
            client_closed: false,
            upstream_failed: false,
            stopping: false,
        }
    }

    /// Moves whatever can be moved.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Outcome> {
        match self.follow_window(context).and_then(|()| self.advance(context)) {
            Ok(()) => Poll::Pending,
            Err(outcome) => Poll::Ready(outcome),
        }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.edge.limits
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// No further request is to be passed on. Whether the connection can be closed at once.
    pub(super) fn stop(&mut self) -> bool {
        self.stopping = true;
        match (&self.inbound, &self.outbound) {
            (Inbound::Head, Outbound::Idle) => self.pipes.requests.pending().is_empty(),
            (Inbound::Swallowed, _) | (_, Outbound::Closing(_)) => true,
            _ => false,
        }
    }

    /// Gives the sockets back. What a fault did so far is told to the referee.
    pub(super) fn finish(mut self) -> Pair {
        self.end_strike();
        self.pair
    }

    /// Until when the connection may be silent, and what it is waiting for; none while it waits for the service, which the
    /// client bounds by its own patience.
    pub(super) fn silence_ends(&self) -> Option<(Instant, WaitsFor)> {
        let Pipes { requests, responses } = &self.pipes;
        let limits = &self.edge.limits;
        match (&self.inbound, &self.outbound) {
            (Inbound::Head, _) => Some(match self.head_since {
                Some(since) => (since + limits.half_request, WaitsFor::RestOfRequest),
                None => (
                    requests.arrived().max(responses.arrived()) + limits.idle,
                    WaitsFor::Request,
                ),
            }),
            (Inbound::Body(_), _) if requests.is_flushed() => {
                let waits_for = if self.exchange.answered {
                    WaitsFor::RestOfAnsweredRequest
                } else {
                    WaitsFor::RestOfRequest
                };
                Some((requests.arrived() + limits.half_request, waits_for))
            }
            (Inbound::Last, Outbound::Idle) => Some((responses.arrived() + limits.idle, WaitsFor::Request)),
            _ => None,
        }
    }

    fn advance(&mut self, context: &mut Context<'_>) -> Result<(), Outcome> {
        loop {
            if matches!(self.outbound, Outbound::Tunnel) {
                return self.advance_tunnel(context);
            }
            if let Outbound::Closing(due) = self.outbound {
                return self.advance_closing(context, due);
            }
            self.advance_requests(context)?;
            if matches!(self.inbound, Inbound::Swallowed) {
                return Ok(());
            }
            self.advance_responses(context)?;
            let switched = matches!(self.outbound, Outbound::Tunnel);
            if !switched && !self.finish_exchange()? {
                return Ok(());
            }
        }
    }

    /// Whether an exchange has just ended, and the next request may be looked at.
    fn finish_exchange(&mut self) -> Result<bool, Outcome> {
        let Pipes { requests, responses } = &mut self.pipes;
        let answered = matches!(self.outbound, Outbound::Done) && responses.is_flushed();
        let asked = match self.inbound {
            Inbound::Answer => requests.is_flushed(),
            Inbound::Last => true,
            _ => false,
        };
        if answered && let Some(Mechanism::SlowClose(slow)) = self.exchange.mechanism() {
            self.outbound = Outbound::Closing(slow.answered());
            return Ok(true);
        }
        if !answered || !asked {
            return Ok(false);
        }
        let handshakes = &self.edge.hazards.handshakes;
        if let Some(Mechanism::Churn(churn)) = self.exchange.mechanism() {
            churn.close(handshakes);
            self.is_last = true;
        }
        self.end_strike();
        let nothing_more = self.is_last && self.pipes.requests.pending().is_empty();
        if nothing_more || self.exchange.ends_with_connection {
            return Err(Outcome::Answered);
        }
        if self.stopping {
            return Err(End::Closed.into());
        }
        self.outbound = Outbound::Idle;
        let goes_on = matches!(self.inbound, Inbound::Answer) && self.exchange.keep_alive;
        self.inbound = if goes_on { Inbound::Head } else { Inbound::Last };
        Ok(true)
    }

    /// The answer is written, and its end is held back: whoever waits for it goes on waiting.
    fn advance_closing(&mut self, context: &mut Context<'_>, due: Instant) -> Result<(), Outcome> {
        let is_over = self.exchange.strike.is_none();
        if is_over
            || self
                .edge
                .delays
                .poll_until(context, due, &mut self.wait)
                .is_ready()
        {
            return Err(Outcome::Answered);
        }
        self.swallow(context)
    }

    /// Takes what the client sends, and notices when it goes.
    fn swallow(&mut self, context: &mut Context<'_>) -> Result<(), Outcome> {
        let requests = &mut self.pipes.requests;
        while !requests.is_ended() {
            requests.discard();
            match requests.poll_fill(context, &mut self.pair.client) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Err(End::Reset.into()),
                Poll::Pending => return Ok(()),
            }
        }
        Err(End::Closed.into())
    }

    /// Bytes both ways, whatever they are.
    fn advance_tunnel(&mut self, context: &mut Context<'_>) -> Result<(), Outcome> {
        let Pair { client, upstream } = &mut self.pair;
        let Pipes { requests, responses } = &mut self.pipes;
        let delays = &self.edge.delays;
        let there = poll_copy(
            context,
            requests,
            client,
            upstream,
            delays,
            &mut self.upstream_closed,
            None,
        );
        let back = poll_copy(
            context,
            responses,
            upstream,
            client,
            delays,
            &mut self.client_closed,
            None,
        );
        match (there, back) {
            (Poll::Ready(Err(_)), _) | (_, Poll::Ready(Err(_))) => Err(End::Reset.into()),
            (Poll::Ready(_), Poll::Ready(_)) => Err(End::Closed.into()),
            _ => Ok(()),
        }
    }

    /// What was set for a time and no longer is lets go of what it holds; what it has taken does not come back.
    fn follow_window(&mut self, context: &mut Context<'_>) -> Result<(), Outcome> {
        if let Some(strike) = &mut self.exchange.strike
            && strike.poll_over(context).is_ready()
        {
            self.end_strike();
            if matches!(self.inbound, Inbound::Swallowed) {
                return Err(End::Reset.into());
            }
        }
        Ok(())
    }

    /// Tells the referee what the fault did to this request, if there is one, and ends it.
    fn end_strike(&mut self) {
        if let Some(strike) = self.exchange.strike.take() {
            strike.tell(&self.pipes, self.edge.name, &self.edge.referee);
            self.pipes.requests.release();
            self.pipes.responses.release();
        }
    }
}
