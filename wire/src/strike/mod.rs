//! Which fault hits a message or a connection, and how it is told to the referee. What each does is in a file of its own.

mod bandwidth;
mod black_hole;
mod chances;
mod connection_churn;
mod connection_reset;
mod loss;
mod network_latency;
mod once;
mod slow_close;

use std::task::{Context, Poll};
use std::time::Instant;

use faults::baggage::{self, ActiveFault, RequestFaults};
use faults::catalogue::{
    BANDWIDTH, BLACK_HOLE, CONNECTION_CHURN, CONNECTION_RESET, LOSS, NETWORK_LATENCY, SLOW_CLOSE,
};
use faults::truth::{Applied, Role};
use http1::HeadParser;
use referee::Referee;

use self::chances::Chances;
use self::connection_churn::{Churn, Handshake, Handshakes};
use self::loss::Traffic;
use self::once::{Once, Request};
use crate::line::Line;
use crate::stream::Pipes;
use crate::trace_context::TraceContext;
use crate::window::{Set, Window};

pub(crate) use self::black_hole::Swallowed;
pub(crate) use self::connection_reset::Cut;
pub(crate) use self::slow_close::{SlowClose, length_line};

/// What may strike on one edge, and what has to be remembered of what did.
pub(crate) struct Hazards {
    edge: &'static str,
    /// What is set for a time.
    pub(crate) window: Window,
    /// The connections that were not kept.
    pub(crate) handshakes: Handshakes,
    chances: Chances,
    once: Once,
}

/// A fault that strikes one request, or one connection of an edge that is not HTTP.
pub(crate) struct Strike {
    fault: &'static str,
    role: Role,
    pub(crate) mechanism: Mechanism,
    sequence: Option<u64>,
    context: Option<TraceContext>,
    /// What it is part of, if it is set for a time.
    set: Option<Set>,
}

/// What a fault does.
pub(crate) enum Mechanism {
    /// What the client sends is late, or what the service answers, or both. Whoever has the pipes takes the lines.
    Late {
        request: Option<Box<dyn Line>>,
        response: Option<Box<dyn Line>>,
    },
    /// The answer breaks off.
    Cut(Cut),
    /// There is no answer.
    Swallowed(Swallowed),
    /// The answer ends with the connection, and that ends late.
    SlowClose(SlowClose),
    /// The connection ends with the answer.
    Churn(Churn),
}

impl Mechanism {
    /// Each of the fault's directions through a line of its own.
    fn late(fault: &ActiveFault, mut line: impl FnMut() -> Box<dyn Line>) -> Self {
        // Both are drawn whatever the direction is, so that `both` begins with what `request` alone would draw.
        let (request, response) = (line(), line());
        let direction = fault.word("direction");
        Self::Late {
            request: (direction != "response").then_some(request),
            response: (direction != "request").then_some(response),
        }
    }

    /// None when the wire knows no such fault, which the catalogue rules out.
    fn draw(fault: &ActiveFault, chances: &Chances, sequence: Option<u64>, traffic: Traffic) -> Option<Self> {
        let draws = &mut chances.draws(sequence);
        Some(match fault.fault {
            name if name == NETWORK_LATENCY.name => network_latency::draw(fault, draws),
            name if name == BANDWIDTH.name => bandwidth::draw(fault),
            name if name == LOSS.name => loss::draw(fault, draws, traffic),
            name if name == CONNECTION_RESET.name => connection_reset::draw(fault),
            name if name == BLACK_HOLE.name => black_hole::draw(),
            name if name == SLOW_CLOSE.name => slow_close::draw(fault),
            name if name == CONNECTION_CHURN.name => connection_churn::draw(fault),
            _ => return None,
        })
    }

    /// Whether a request that it strikes has no answer and may be tried again.
    fn breaks_off(&self) -> bool {
        matches!(self, Self::Cut(_) | Self::Swallowed(_))
    }

    /// What it has done so far, in the unit of the fault's effect; none when it has done nothing.
    fn effect(&self, pipes: &Pipes) -> Option<f64> {
        let (request, response) = (pipes.requests.held(), pipes.responses.held());
        let held = match self {
            Self::Late { .. } if request.is_none() && response.is_none() => None,
            Self::Late { .. } => Some(request.unwrap_or_default() + response.unwrap_or_default()),
            Self::Swallowed(swallowed) => swallowed.waited(),
            Self::SlowClose(slow) => slow.held(),
            Self::Churn(churn) => churn.is_closed().then(|| request.unwrap_or_default()),
            Self::Cut(cut) => return cut.is_done().then_some(1.0),
        };
        held.map(|held| held.as_secs_f64() * 1e3)
    }
}

/// Whether a header may hold a fault for that edge: a cheap question that is asked of every request, so that only those few
/// that may be hit are read with care.
pub(crate) fn may_strike(name: &str, value: &[u8], edge: &str) -> bool {
    let edge = edge.as_bytes();
    name.len() == 7
        && name.eq_ignore_ascii_case("baggage")
        && value.windows(edge.len()).any(|window| window == edge)
}

impl Hazards {
    pub(crate) fn new(seed: u64, edge: &'static str) -> Self {
        Self {
            edge,
            window: Window::default(),
            handshakes: Handshakes::default(),
            chances: Chances::new(seed, edge),
            once: Once::default(),
        }
    }

    /// The fault that strikes a request: one that rides with it, or else the one that is set for a time, or else what is left of
    /// another's: its connection is being made until that moment. `head` is the whole head. Baggage that cannot be read strikes
    /// nothing here: the service behind refuses it.
    pub(crate) fn on_request(&self, head: &[u8], handshake: Option<Instant>) -> Option<Strike> {
        let mut headers = Vec::new();
        HeadParser::new()
            .request(head, |name, value| headers.push((name, value)))
            .ok()??;
        let riding = riding(&headers)?;
        let context = TraceContext::read(&headers);
        let sequence = riding.sequence;
        let handshake = handshake
            .filter(|until| *until > Instant::now())
            .map(|until| Box::new(Handshake { until }) as Box<dyn Line>);
        let mut strike = match riding.active.iter().find(|active| active.at == self.edge) {
            Some(fault) => self
                .strike(fault, None, sequence, Traffic::Message)
                .filter(|strike| !strike.mechanism.breaks_off() || self.is_first(sequence, context)),
            None => self
                .window
                .get()
                .and_then(|set| self.strike(&set.fault.clone(), Some(set), sequence, Traffic::Message)),
        };
        match (strike.as_mut().map(|strike| &mut strike.mechanism), handshake) {
            (Some(Mechanism::Churn(churn)), line) => churn.line = line,
            (None, Some(line)) => {
                strike = Some(Strike {
                    fault: CONNECTION_CHURN.name,
                    role: Role::Bystander,
                    mechanism: Mechanism::Late {
                        request: Some(line),
                        response: None,
                    },
                    sequence,
                    context: None,
                    set: None,
                });
            }
            _ => {}
        }
        strike.map(|strike| Strike { context, ..strike })
    }

    /// The fault that is set for a time, on a connection.
    pub(crate) fn on_connection(&self) -> Option<Strike> {
        let set = self.window.get()?;
        self.strike(&set.fault.clone(), Some(set), None, Traffic::Stream)
    }

    fn strike(
        &self,
        fault: &ActiveFault,
        set: Option<Set>,
        sequence: Option<u64>,
        traffic: Traffic,
    ) -> Option<Strike> {
        Some(Strike {
            fault: fault.fault,
            role: Role::Culprit,
            mechanism: Mechanism::draw(fault, &self.chances, sequence, traffic)?,
            sequence,
            context: None,
            set,
        })
    }

    fn is_first(&self, sequence: Option<u64>, context: Option<TraceContext>) -> bool {
        let request = match (sequence, context) {
            (Some(sequence), _) => Request::Planned(sequence),
            (None, Some(context)) => Request::Traced(context.trace_id),
            (None, None) => return true,
        };
        self.once.is_first(request)
    }
}

impl Strike {
    /// Ready when what was set for a time no longer is; wakes the task then. What rides with a request ends with it.
    pub(crate) fn poll_over(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.set {
            Some(set) => set.poll_over(context),
            None => Poll::Pending,
        }
    }

    /// Tells the referee what it did, if it did anything.
    pub(crate) fn tell(self, pipes: &Pipes, edge: &'static str, referee: &Referee) {
        let Some(effect) = self.mechanism.effect(pipes) else {
            return;
        };
        // A look at the outbox, which is of no request and leaves no trace, pays like everybody, and is nobody's victim.
        if self.role == Role::Bystander && self.sequence.is_none() {
            return;
        }
        referee.send(Applied {
            trace_id: self.context.map_or([0; 16], |context| context.trace_id),
            span_ids: self.context.map(|context| context.span_id).into_iter().collect(),
            sequence: self.sequence,
            fault: self.fault,
            at: edge.to_owned(),
            role: self.role,
            effect,
            at_unix_ns: clock::unix_ns(),
        });
    }
}

/// The faults in all lines of the `baggage` header; none when they cannot be read.
fn riding(headers: &[(&str, &[u8])]) -> Option<RequestFaults> {
    let lines: Option<Vec<&str>> = headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("baggage"))
        .map(|(_, value)| std::str::from_utf8(value).ok())
        .collect();
    baggage::parse(lines?.into_iter()).ok()
}

#[cfg(test)]
mod testing {
    //! Strikes as a request with that baggage meets them.

    use super::*;

    pub(super) const EDGE: &str = "gateway->orders";

    pub(super) fn strike(baggage: &str, hazards: &Hazards) -> Option<Strike> {
        let head = format!("GET / HTTP/1.1\r\nbaggage: x=y\r\nBaggage: {baggage}\r\n\r\n");
        hazards.on_request(head.as_bytes(), None)
    }

    /// The lines of both directions.
    pub(super) fn lines(baggage: &str) -> [Option<Box<dyn Line>>; 2] {
        match strike(baggage, &Hazards::new(42, EDGE)).map(|strike| strike.mechanism) {
            Some(Mechanism::Late { request, response }) => [request, response],
            _ => [None, None],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{EDGE, lines, strike};
    use super::*;

    #[test]
    fn only_the_fault_of_this_edge_strikes_and_in_its_direction() {
        let struck = |baggage| lines(baggage).map(|line| line.is_some());
        assert_eq!(
            struck("fault.network-latency=gateway->orders;direction=request"),
            [true, false]
        );
        assert_eq!(struck("fault.bandwidth=gateway->orders"), [false, true]);
        assert_eq!(
            struck("fault.network-latency=gateway->users,fault.bandwidth=gateway->orders;direction=both"),
            [true, true]
        );
        for baggage in [
            "fault.network-latency=gateway->users",
            "fault.slow-query=orders.list-orders",
            "fault.network-latency=gateway->orders;delay=never",
        ] {
            assert_eq!(struck(baggage), [false, false], "{baggage}");
        }
    }

    #[test]
    fn what_rides_with_the_request_goes_before_what_is_set_for_a_time() {
        let hazards = Hazards::new(42, EDGE);
        hazards
            .window
            .set(ActiveFault::new(NETWORK_LATENCY.name, EDGE, Default::default()).ok());
        let hit = strike("load.sequence=17", &hazards).unwrap();
        assert_eq!((hit.fault, hit.sequence), (NETWORK_LATENCY.name, Some(17)));
        let hit = strike("fault.bandwidth=gateway->orders", &hazards).unwrap();
        assert_eq!(hit.fault, BANDWIDTH.name);
    }

    #[test]
    fn a_request_that_is_tried_again_is_not_broken_off_again_and_is_late_again() {
        let hazards = Hazards::new(42, EDGE);
        for (fault, again) in [("connection-reset", false), ("black-hole", false), ("loss", true)] {
            let sequence = fault.len();
            let baggage = format!("load.sequence={sequence},fault.{fault}=gateway->orders");
            assert!(strike(&baggage, &hazards).is_some(), "{fault}");
            assert_eq!(strike(&baggage, &hazards).is_some(), again, "{fault}");
        }
    }

    #[test]
    fn every_fault_that_strikes_on_edges_has_a_mechanism() {
        let chances = Chances::new(42, EDGE);
        for fault in faults::catalogue::FAULTS {
            if fault.place_names().contains(&EDGE) {
                let active = ActiveFault::new(fault.name, EDGE, Default::default()).unwrap();
                let mechanism = Mechanism::draw(&active, &chances, None, Traffic::Message);
                assert!(mechanism.is_some(), "{}", fault.name);
            }
        }
    }

    #[test]
    fn the_cheap_question_misses_nothing() {
        assert!(may_strike(
            "Baggage",
            b"a=b,fault.network-latency.2=gateway->orders",
            EDGE
        ));
        assert!(!may_strike("baggage", b"load.sequence=17", EDGE));
        assert!(!may_strike("baggage", b"fault.bandwidth=gateway->users", EDGE));
        assert!(!may_strike("bag", b"fault.network-latency=gateway->orders", EDGE));
    }
}
