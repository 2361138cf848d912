//! The state of one connection: where in which message each direction is, and what that allows.
//!
//! Requests go on one after the other: the next is looked at when the answer to the one before is written. Nothing is
//! forwarded that was not judged, and nothing that was judged is changed.

mod requests;
mod responses;

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use http1::{Answers, Body, HeadParser};

use super::{Outcome, WaitsFor};
use crate::edge::Edge;
use crate::options::Limits;
use crate::stream::{End, Pair, Pipes};
use crate::strike::Strike;
use crate::tcp::poll_copy;

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
    /// No longer HTTP.
    Tunnel,
}

/// A request and its answer.
struct Exchange {
    answers: Answers,
    keep_alive: bool,
    /// Some of the answer was let through, so that it is too late for one of ours.
    answered: bool,
    strike: Option<Strike>,
}

impl Connection {
    pub(super) fn new(edge: Arc<Edge>, pair: Pair) -> Self {
        Self {
            edge,
            pair,
            pipes: Pipes::new(),
            inbound: Inbound::Head,
            outbound: Outbound::Idle,
            request_heads: HeadParser::new(),
            response_heads: HeadParser::new(),
            exchange: Exchange {
                answers: Answers::Other,
                keep_alive: true,
                answered: false,
                strike: None,
            },
            head_since: None,
            upstream_closed: false,
            client_closed: false,
            upstream_failed: false,
            stopping: false,
        }
    }

    /// Moves whatever can be moved.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Outcome> {
        match self.advance(context) {
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
        matches!((&self.inbound, &self.outbound), (Inbound::Head, Outbound::Idle))
            && self.pipes.requests.pending().is_empty()
    }

    /// Gives the sockets back. What was held so far is told to the referee.
    pub(super) fn finish(mut self) -> Pair {
        if let Some(strike) = &mut self.exchange.strike {
            strike.tell(self.edge.name, &self.edge.referee);
        }
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
            self.advance_requests(context)?;
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
        if !answered || !asked {
            return Ok(false);
        }
        if let Some(strike) = &mut self.exchange.strike {
            strike.tell(self.edge.name, &self.edge.referee);
            self.exchange.strike = None;
            requests.set_delay(None);
            responses.set_delay(None);
        }
        if self.stopping {
            return Err(End::Closed.into());
        }
        self.outbound = Outbound::Idle;
        let goes_on = matches!(self.inbound, Inbound::Answer) && self.exchange.keep_alive;
        self.inbound = if goes_on { Inbound::Head } else { Inbound::Last };
        Ok(true)
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
        );
        let back = poll_copy(
            context,
            responses,
            upstream,
            client,
            delays,
            &mut self.client_closed,
        );
        self.report();
        match (there, back) {
            (Poll::Ready(Err(_)), _) | (_, Poll::Ready(Err(_))) => Err(End::Reset.into()),
            (Poll::Ready(_), Poll::Ready(_)) => Err(End::Closed.into()),
            _ => Ok(()),
        }
    }

    fn report(&mut self) {
        let Some(strike) = &mut self.exchange.strike else {
            return;
        };
        let Edge { name, referee, .. } = &*self.edge;
        if let Some(held) = self.pipes.requests.take_served() {
            strike.served(held, strike.response.is_none(), name, referee);
        }
        if let Some(held) = self.pipes.responses.take_served() {
            strike.served(held, true, name, referee);
        }
    }
}
