//! From the service to the client: what is judged, passed on, and what it means when the service sends no more.

use std::task::{Context, Poll};

use http1::{Answers, Body, BodyKind};

use super::{Connection, Inbound, Outbound};
use crate::http::Outcome;
use crate::problem::Problem;
use crate::stream::End;

impl Connection {
    /// From the service to the client.
    pub(super) fn advance_responses(&mut self, context: &mut Context<'_>) -> Result<(), Outcome> {
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
}
