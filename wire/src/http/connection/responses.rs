//! From the service to the client: what is judged, passed on, and what it means when the service sends no more.

use std::task::{Context, Poll};

use http1::{Answers, Body, BodyKind};

use super::{Connection, Inbound, Outbound};
use crate::http::Outcome;
use crate::problem::Problem;
use crate::stream::{self, End};
use crate::strike::{Mechanism, length_line};

impl Connection {
    /// From the service to the client.
    pub(super) fn advance_responses(&mut self, context: &mut Context<'_>) -> Result<(), Outcome> {
        loop {
            self.judge_responses()?;
            self.keep_end_together();
            let (responses, delays) = (&mut self.pipes.responses, &self.edge.delays);
            let flushed = match responses.poll_flush(context, &mut self.pair.client, delays) {
                Poll::Ready(Ok(())) => true,
                Poll::Ready(Err(_)) => return Err(End::Reset.into()),
                Poll::Pending => false,
            };
            if matches!(self.outbound, Outbound::Cut) {
                return if flushed { Err(End::Reset.into()) } else { Ok(()) };
            }
            if self.pipes.responses.is_ended() {
                return if flushed && !self.ends_late() {
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
                    if let Some(cut) = self.exchange.cut() {
                        responses.clear(cut.body(count, body.is_finished()));
                        if cut.is_done() {
                            self.outbound = Outbound::Cut;
                            return Ok(());
                        }
                    } else {
                        responses.clear(count);
                    }
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
        exchange.answered = true;
        if head.body == BodyKind::Tunnel || head.is_interim() {
            responses.clear(head.length);
            if head.body == BodyKind::Tunnel {
                self.inbound = Inbound::Tunnel;
                self.outbound = Outbound::Tunnel;
            }
            return Ok(true);
        }
        exchange.keep_alive &= head.keep_alive;
        let body = Body::new(head.body);
        let mut length = head.length;
        self.outbound = Outbound::Body(body.clone());
        match exchange.strike.as_mut().map(|strike| &mut strike.mechanism) {
            Some(Mechanism::Cut(cut)) => {
                length = cut.head(length, body.is_finished());
                if cut.is_done() {
                    self.outbound = Outbound::Cut;
                }
            }
            // An answer without a body ends with its head, whatever the head says.
            Some(Mechanism::SlowClose(_)) if !body.is_finished() => {
                if let Some(line) = length_line(&responses.pending()[..length]) {
                    length -= line.len();
                    responses.remove(line);
                    exchange.ends_with_connection = true;
                }
            }
            _ => {}
        }
        responses.clear(length);
        Ok(!matches!(self.outbound, Outbound::Cut))
    }

    /// An answer whose connection is not kept and its end leave in one segment, so that no further request crosses the end on
    /// its way.
    fn keep_end_together(&mut self) {
        let refuses = self.is_last || matches!(self.exchange.mechanism(), Some(Mechanism::Churn(_)));
        let is_whole = matches!(self.outbound, Outbound::Done);
        if refuses && is_whole && self.pipes.requests.pending().is_empty() {
            stream::cork(&self.pair.client);
        }
    }

    /// Whether the answer is whole and its end is held back. What the service does meanwhile is of no account.
    fn ends_late(&mut self) -> bool {
        if !matches!(self.exchange.mechanism(), Some(Mechanism::SlowClose(_))) {
            return false;
        }
        if let Outbound::Body(body) = &self.outbound
            && body.close().is_ok()
        {
            self.outbound = Outbound::Done;
        }
        matches!(self.outbound, Outbound::Done)
    }

    /// The service sends no more, and all it sent is passed on.
    fn upstream_ended(&mut self) -> Outcome {
        let whole = match &self.outbound {
            Outbound::Idle | Outbound::Done | Outbound::Tunnel => true,
            Outbound::Body(body) => body.close().is_ok(),
            Outbound::Head | Outbound::Cut | Outbound::Closing(_) => false,
        };
        if let (true, Outbound::Body(_), Some(cut)) = (whole, &self.outbound, self.exchange.cut()) {
            cut.end();
            return End::Reset.into();
        }
        match (&self.outbound, &self.inbound) {
            _ if !whole && self.upstream_failed => End::Reset.into(),
            (Outbound::Done | Outbound::Body(_), Inbound::Body(_)) if whole => Outcome::Answered,
            _ if whole && self.upstream_failed => Outcome::Answered,
            _ => End::Closed.into(),
        }
    }

    /// The service broke off. A whole answer is not taken back by that: the rest of the request was of no interest.
    fn upstream_reset(&self) -> Outcome {
        match (&self.outbound, &self.inbound) {
            (Outbound::Done, Inbound::Body(_)) if self.pipes.responses.is_flushed() => Outcome::Answered,
            _ => End::Reset.into(),
        }
    }
}
