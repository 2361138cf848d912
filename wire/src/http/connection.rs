//! The state of one connection: where in which message each direction is, and what that allows.
//!
//! Requests go on one after the other: the next is looked at when the answer to the one before is written. Nothing is
//! forwarded that was not judged, and nothing that was judged is changed.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use http1::{Answers, Body, BodyKind, HeadParser};

use super::{Outcome, WaitsFor};
use crate::edge::Edge;
use crate::options::Limits;
use crate::problem::Problem;
use crate::stream::{End, Pair, Pipes};
use crate::strike::{Strike, may_strike};
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

    /// From the client to the service.
    fn advance_requests(&mut self, context: &mut Context<'_>) -> Result<(), Outcome> {
        loop {
            self.judge_requests()?;
            let flushed = self.flush_requests(context);
            if self.pipes.requests.is_ended() {
                return if flushed {
                    self.client_ended(context)
                } else {
                    Ok(())
                };
            }
            match self.pipes.requests.poll_fill(context, &mut self.pair.client) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Err(End::Reset.into()),
                Poll::Pending => return Ok(()),
            }
        }
    }

    /// From the service to the client.
    fn advance_responses(&mut self, context: &mut Context<'_>) -> Result<(), Outcome> {
        loop {
            self.judge_responses()?;
            let (responses, delays) = (&mut self.pipes.responses, &self.edge.delays);
            let flushed = match responses.poll_flush(context, &mut self.pair.client, delays) {
                Poll::Ready(Ok(())) => true,
                Poll::Ready(Err(_)) => return Err(End::Reset.into()),
                Poll::Pending => false,
            };
            self.report();
            if self.pipes.responses.is_ended() {
                return if flushed {
                    Err(self.upstream_ended())
                } else {
                    Ok(())
                };
            }
            match self.pipes.responses.poll_fill(context, &mut self.pair.upstream) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Err(self.upstream_reset()),
                Poll::Pending => return Ok(()),
            }
        }
    }

    /// Looks at what the client sent, as far as it may go on now.
    fn judge_requests(&mut self) -> Result<(), Outcome> {
        loop {
            let requests = &mut self.pipes.requests;
            match &mut self.inbound {
                Inbound::Head => {
                    if requests.pending().is_empty() || !self.judge_request_head()? {
                        return Ok(());
                    }
                }
                Inbound::Body(body) => {
                    let count = body.advance(requests.pending()).map_err(|error| {
                        if self.exchange.answered {
                            End::Reset.into()
                        } else {
                            Outcome::Problem(Problem::bad_request(error.to_string()))
                        }
                    })?;
                    requests.clear(count);
                    if !body.is_finished() {
                        return Ok(());
                    }
                    self.inbound = Inbound::Answer;
                }
                Inbound::Answer | Inbound::Last | Inbound::Tunnel => return Ok(()),
            }
        }
    }

    /// Whether there is a whole head; it is on its way then.
    fn judge_request_head(&mut self) -> Result<bool, Outcome> {
        let Pipes { requests, responses } = &mut self.pipes;
        let window = &self.edge.window;
        let pending = requests.pending();
        let mut may_be_struck = window.is_set();
        let head = self
            .request_heads
            .request(pending, |name, value| may_be_struck |= may_strike(name, value))
            .map_err(|error| Outcome::Problem(Problem::bad_request(error.to_string())))?;
        let Some(head) = head else {
            self.head_since.get_or_insert(requests.arrived());
            return Ok(false);
        };
        let strike = if may_be_struck {
            let whole = &pending[..head.length];
            Strike::on_request(whole, self.edge.name, window.get().as_deref(), &self.edge.jitter)
        } else {
            None
        };
        if let Some(strike) = &strike {
            responses.set_delay(strike.response);
        }
        let (length, body) = (head.length, head.body);
        self.exchange = Exchange {
            answers: head.answers(),
            keep_alive: head.keep_alive,
            answered: false,
            strike,
        };
        self.head_since = None;
        self.inbound = Inbound::Body(Body::new(body));
        self.outbound = Outbound::Head;
        if let Some(strike) = &self.exchange.strike {
            requests.set_delay(strike.request);
        }
        requests.clear(length);
        Ok(true)
    }

    /// Looks at what the service sent.
    fn judge_responses(&mut self) -> Result<(), Outcome> {
        loop {
            let responses = &mut self.pipes.responses;
            match &mut self.outbound {
                // An answer that nobody asked for must not become the answer to what is asked next.
                Outbound::Idle if !responses.pending().is_empty() => return Err(End::Closed.into()),
                Outbound::Head if !responses.pending().is_empty() => {
                    if !self.judge_response_head()? {
                        return Ok(());
                    }
                }
                Outbound::Body(body) => {
                    let count = body.advance(responses.pending()).map_err(|_| End::Reset)?;
                    responses.clear(count);
                    if !body.is_finished() {
                        return Ok(());
                    }
                    self.outbound = Outbound::Done;
                }
                _ => return Ok(()),
            }
        }
    }

    /// Whether there is a whole head; it is on its way then.
    fn judge_response_head(&mut self) -> Result<bool, Outcome> {
        let responses = &mut self.pipes.responses;
        let exchange = &mut self.exchange;
        let head = self
            .response_heads
            .response(responses.pending(), exchange.answers, |_, _| {})
            .map_err(|error| {
                if exchange.answered {
                    return End::Reset.into();
                }
                let detail = format!("{}: the answer cannot be passed on: {error}", self.edge.name);
                Outcome::Problem(Problem::bad_gateway(detail, exchange.answers == Answers::Head))
            })?;
        let Some(head) = head else {
            return Ok(false);
        };
        responses.clear(head.length);
        exchange.answered = true;
        if head.body == BodyKind::Tunnel {
            self.inbound = Inbound::Tunnel;
            self.outbound = Outbound::Tunnel;
        } else if !head.is_interim() {
            exchange.keep_alive &= head.keep_alive;
            self.outbound = Outbound::Body(Body::new(head.body));
        }
        Ok(true)
    }

    /// Whether all that was cleared of the requests is with the service.
    fn flush_requests(&mut self, context: &mut Context<'_>) -> bool {
        if self.upstream_failed {
            return false;
        }
        let flushed =
            match self
                .pipes
                .requests
                .poll_flush(context, &mut self.pair.upstream, &self.edge.delays)
            {
                Poll::Ready(Ok(())) => true,
                Poll::Ready(Err(_)) => {
                    // It may have answered before it went; that is for the other direction to find out.
                    self.upstream_failed = true;
                    self.inbound = Inbound::Last;
                    false
                }
                Poll::Pending => false,
            };
        self.report();
        flushed
    }

    /// The client sends no more, and all it sent is passed on, as far as it may be.
    fn client_ended(&mut self, context: &mut Context<'_>) -> Result<(), Outcome> {
        match (&self.inbound, &self.outbound) {
            (Inbound::Head, _) | (Inbound::Last, Outbound::Idle) => return Err(End::Closed.into()),
            // Requests that were sent ahead are still to be passed on.
            (Inbound::Answer, _) if !self.pipes.requests.pending().is_empty() => return Ok(()),
            _ => self.inbound = Inbound::Last,
        }
        if !self.upstream_closed {
            self.upstream_closed = true;
            shutdown(&mut self.pair.upstream, context).map_err(|_| End::Reset)?;
        }
        Ok(())
    }

    /// The service sends no more, and all it sent is passed on.
    fn upstream_ended(&self) -> Outcome {
        let whole = match &self.outbound {
            Outbound::Idle | Outbound::Done | Outbound::Tunnel => true,
            Outbound::Body(body) => body.close().is_ok(),
            Outbound::Head => false,
        };
        match (&self.outbound, &self.inbound) {
            _ if !whole && self.upstream_failed => End::Reset.into(),
            (Outbound::Done | Outbound::Body(_), Inbound::Body(_)) if whole => Outcome::EarlyAnswer,
            _ if whole && self.upstream_failed => Outcome::EarlyAnswer,
            _ => End::Closed.into(),
        }
    }

    /// The service broke off. A whole answer is not taken back by that: the rest of the request was of no interest.
    fn upstream_reset(&self) -> Outcome {
        match (&self.outbound, &self.inbound) {
            (Outbound::Done, Inbound::Body(_)) if self.pipes.responses.is_flushed() => Outcome::EarlyAnswer,
            _ => End::Reset.into(),
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

fn shutdown(stream: &mut tokio::net::TcpStream, context: &mut Context<'_>) -> io::Result<()> {
    match tokio::io::AsyncWrite::poll_shutdown(std::pin::Pin::new(stream), context) {
        Poll::Ready(result) => result,
        // A socket's shutdown is one system call.
        Poll::Pending => Ok(()),
    }
}
