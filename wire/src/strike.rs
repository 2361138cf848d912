//! Which delay hits a message, and how it is told to the referee.

use std::time::Duration;

use faults::baggage::{self, ActiveFault, RequestFaults};
use faults::catalogue::NETWORK_LATENCY;
use faults::truth::{Applied, Role};
use http1::HeadParser;
use referee::Referee;
use seed::draws::{Domain, Draws};

use crate::trace_context::TraceContext;

/// A delay that was drawn for one request, or for one connection of an edge that is not HTTP.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Strike {
    /// How long what the client sends is held.
    pub(crate) request: Option<Duration>,
    /// How long what the service answers is held.
    pub(crate) response: Option<Duration>,
    sequence: Option<u64>,
    context: Option<TraceContext>,
    served: Option<Duration>,
    told: bool,
}

/// Draws the jitter of one edge: the same seed gives the same delays.
#[derive(Debug)]
pub(crate) struct Jitter {
    planned: u64,
    manual: u64,
    /// How many delays were drawn for what has no sequence number.
    drawn: std::sync::atomic::AtomicU64,
}

impl Jitter {
    pub(crate) fn new(seed: u64, edge: &str) -> Self {
        let planned = seed ^ hash(edge.bytes());
        Self {
            planned,
            manual: seed ^ hash(edge.bytes().rev()),
            drawn: 0.into(),
        }
    }

    fn draws(&self, sequence: Option<u64>) -> Draws {
        match sequence {
            Some(sequence) => Draws::new(self.planned, Domain::Faults, sequence),
            None => {
                let count = self.drawn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                Draws::new(self.manual, Domain::Faults, count)
            }
        }
    }
}

/// FNV-1a, which is the same everywhere, unlike the standard library's.
fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Whether a header may hold a delay for some edge: a cheap question that is asked of every request, so that only those
/// few that may be hit are read with care.
pub(crate) fn may_strike(name: &str, value: &[u8]) -> bool {
    let fault = NETWORK_LATENCY.name.as_bytes();
    name.len() == 7
        && name.eq_ignore_ascii_case("baggage")
        && value.windows(fault.len()).any(|window| window == fault)
}

impl Strike {
    /// The delay of this edge that rides with a request, or else the one that is set for a time. `head` is the whole head.
    /// Baggage that cannot be read strikes nothing here: the service behind refuses it.
    pub(crate) fn on_request(
        head: &[u8],
        edge: &str,
        window: Option<&ActiveFault>,
        jitter: &Jitter,
    ) -> Option<Self> {
        let mut headers = Vec::new();
        HeadParser::new()
            .request(head, |name, value| headers.push((name, value)))
            .ok()??;
        let riding = riding(&headers)?;
        let fault = riding.find(NETWORK_LATENCY.name, edge).or(window)?;
        Some(Self::draw(
            fault,
            riding.sequence,
            TraceContext::read(&headers),
            jitter,
        ))
    }

    /// The delay that is set for a time, on a connection.
    pub(crate) fn on_connection(fault: &ActiveFault, jitter: &Jitter) -> Self {
        Self::draw(fault, None, None, jitter)
    }

    fn draw(
        fault: &ActiveFault,
        sequence: Option<u64>,
        context: Option<TraceContext>,
        jitter: &Jitter,
    ) -> Self {
        let mut draws = jitter.draws(sequence);
        let (delay, spread) = (fault.duration("delay"), fault.duration("jitter"));
        // Both are drawn whatever the direction is, so that `both` begins with what `request` alone would draw.
        let mut one = || {
            let drawn = delay.as_secs_f64() + (2.0 * draws.unit() - 1.0) * spread.as_secs_f64();
            Duration::try_from_secs_f64(drawn).unwrap_or_default()
        };
        let (request, response) = (one(), one());
        let direction = fault.word("direction");
        Self {
            request: (direction != "response").then_some(request),
            response: (direction != "request").then_some(response),
            sequence,
            context,
            served: None,
            told: false,
        }
    }

    /// One direction's delay was served. Tells the referee when it was the last.
    pub(crate) fn served(&mut self, held: Duration, last: bool, edge: &str, referee: &Referee) {
        *self.served.get_or_insert_default() += held;
        if last {
            self.tell(edge, referee);
        }
    }

    /// Tells the referee what was served so far, unless it knows.
    pub(crate) fn tell(&mut self, edge: &str, referee: &Referee) {
        let Some(held) = self.served.filter(|_| !self.told) else {
            return;
        };
        self.told = true;
        referee.send(Applied {
            trace_id: self.context.map_or([0; 16], |context| context.trace_id),
            span_ids: self.context.map(|context| context.span_id).into_iter().collect(),
            sequence: self.sequence,
            fault: NETWORK_LATENCY.name,
            at: edge.to_owned(),
            role: Role::Culprit,
            effect: held.as_secs_f64() * 1e3,
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
mod tests {
    use super::*;

    const EDGE: &str = "gateway->orders";

    fn strike(baggage: &str, window: Option<&ActiveFault>) -> Option<Strike> {
        let head = format!("GET / HTTP/1.1\r\nbaggage: x=y\r\nBaggage: {baggage}\r\n\r\n");
        Strike::on_request(head.as_bytes(), EDGE, window, &Jitter::new(42, EDGE))
    }

    fn millis(duration: Option<Duration>) -> Option<f64> {
        duration.map(|duration| duration.as_secs_f64() * 1e3)
    }

    #[test]
    fn only_the_delay_of_this_edge_strikes_and_in_its_direction() {
        let hit = strike(
            "fault.network-latency=gateway->orders;delay=7ms;direction=request",
            None,
        )
        .unwrap();
        assert_eq!((millis(hit.request), hit.response), (Some(7.0), None));
        let hit = strike("fault.network-latency=gateway->orders;delay=7ms", None).unwrap();
        assert_eq!((hit.request, millis(hit.response)), (None, Some(7.0)));
        assert_eq!(strike("fault.network-latency=gateway->users", None), None);
        assert_eq!(strike("fault.slow-query=orders.list-orders", None), None);
        assert_eq!(
            strike("fault.network-latency=gateway->orders;delay=never", None),
            None
        );
    }

    #[test]
    fn what_rides_with_the_request_goes_before_what_is_set_for_a_time() {
        let parameters = [("delay".to_owned(), "3ms".to_owned())].into();
        let window = ActiveFault::new(NETWORK_LATENCY.name, EDGE, parameters).unwrap();
        let hit = strike("load.sequence=17", Some(&window)).unwrap();
        assert_eq!((millis(hit.response), hit.sequence), (Some(3.0), Some(17)));
        let hit = strike("fault.network-latency=gateway->orders;delay=7ms", Some(&window)).unwrap();
        assert_eq!(millis(hit.response), Some(7.0));
    }

    #[test]
    fn jitter_is_drawn_from_the_seed_around_the_delay() {
        let baggage = |sequence| {
            format!(
                "load.sequence={sequence},fault.network-latency=gateway->orders;delay=10ms;jitter=4ms;direction=both"
            )
        };
        let drawn: Vec<_> = (0..200)
            .map(|sequence| strike(&baggage(sequence), None).unwrap())
            .collect();
        assert_eq!(drawn[7], strike(&baggage(7), None).unwrap());
        let held: Vec<f64> = drawn.iter().filter_map(|strike| millis(strike.request)).collect();
        assert!(held.iter().all(|held| (6.0..=14.0).contains(held)));
        assert!(held.iter().any(|held| *held < 7.0) && held.iter().any(|held| *held > 13.0));
        assert!(drawn.iter().any(|strike| strike.request != strike.response));
    }

    #[test]
    fn a_jitter_larger_than_the_delay_never_turns_time_back() {
        let baggage = |sequence| {
            format!("load.sequence={sequence},fault.network-latency=gateway->orders;delay=1ms;jitter=9ms")
        };
        let responses = (0..50).map(|sequence| strike(&baggage(sequence), None).unwrap().response);
        assert!(responses.filter(|held| *held == Some(Duration::ZERO)).count() > 10);
    }

    #[test]
    fn the_cheap_question_misses_nothing() {
        assert!(may_strike(
            "Baggage",
            b"a=b,fault.network-latency.2=gateway->orders"
        ));
        assert!(!may_strike("baggage", b"load.sequence=17"));
        assert!(!may_strike("bag", b"fault.network-latency=gateway->orders"));
    }
}
