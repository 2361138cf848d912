//! From the client to the service: what is judged, passed on, and done when the client sends no more.

use std::io;
use std::task::{Context, Poll};

use http1::Body;

use super::{Connection, Exchange, Inbound, Outbound};
use crate::http::Outcome;
use crate::problem::Problem;
use crate::stream::{End, Pipes};
use crate::strike::{Mechanism, may_strike};

impl Connection {
    /// From the client to the service.
    pub(super) fn advance_requests(&mut self, context: &mut Context<'_>) -> Result<(), Outcome> {
        loop {
            self.judge_requests()?;
            if matches!(self.inbound, Inbound::Swallowed) {
                return self.swallow(context);
            }
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
                Inbound::Answer | Inbound::Last | Inbound::Swallowed | Inbound::Tunnel => return Ok(()),
            }
        }
    }

    /// Whether there is a whole head; it is on its way then.
    fn judge_request_head(&mut self) -> Result<bool, Outcome> {
        let Pipes { requests, responses } = &mut self.pipes;
        let (edge, hazards) = (self.edge.name, &self.edge.hazards);
        let handshake = self.handshake;
        let pending = requests.pending();
        let mut may_be_struck = hazards.window.is_set() || handshake.is_some();
        let head = self
            .request_heads
            .request(pending, |header, value| {
                may_be_struck |= may_strike(header, value, edge);
            })
            .map_err(|error| Outcome::Problem(Problem::bad_request(error.to_string())))?;
        let Some(head) = head else {
            self.head_since.get_or_insert(requests.arrived());
            return Ok(false);
        };
        let strike = if may_be_struck {
            hazards.on_request(&pending[..head.length], handshake)
        } else {
            None
        };
        let length = head.length;
        self.handshake = None;
        self.head_since = None;
        self.inbound = Inbound::Body(Body::new(head.body));
        self.outbound = Outbound::Head;
        self.exchange = Exchange {
            answers: head.answers(),
            keep_alive: head.keep_alive,
            strike,
            ..Exchange::none()
        };
        match self.exchange.mechanism() {
            Some(Mechanism::Late { request, response }) => {
                requests.set_line(request.take());
                responses.set_line(response.take());
            }
            Some(Mechanism::Churn(churn)) => requests.set_line(churn.line.take()),
            Some(Mechanism::Swallowed(swallowed)) => {
                swallowed.swallow(requests.arrived());
                self.inbound = Inbound::Swallowed;
            }
            Some(Mechanism::Cut(_) | Mechanism::SlowClose(_)) | None => {}
        }
        if matches!(self.inbound, Inbound::Swallowed) {
            requests.discard();
        } else {
            requests.clear(length);
        }
        Ok(true)
    }

    /// Whether all that was cleared of the requests is with the service.
    fn flush_requests(&mut self, context: &mut Context<'_>) -> bool {
        if self.upstream_failed {
            return false;
        }
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
        }
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
}

fn shutdown(stream: &mut tokio::net::TcpStream, context: &mut Context<'_>) -> io::Result<()> {
    match tokio::io::AsyncWrite::poll_shutdown(std::pin::Pin::new(stream), context) {
        Poll::Ready(result) => result,
        // A socket's shutdown is one system call.
        Poll::Pending => Ok(()),
    }
}
