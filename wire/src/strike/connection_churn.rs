//! `connection-churn`: after the answer the connection is closed, and whoever calls next pays for a new one.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use faults::baggage::ActiveFault;

use super::Mechanism;
use crate::line::Line;

/// How long a closed connection is missed: whoever comes later would have found it closed anyhow.
const MISSED_FOR: Duration = Duration::from_secs(1);

pub(super) fn draw(fault: &ActiveFault) -> Mechanism {
    Mechanism::Churn(Churn {
        handshake: fault.duration("handshake"),
        line: None,
        closed: false,
    })
}

/// A connection that is not kept.
pub(crate) struct Churn {
    /// What making the next one costs.
    handshake: Duration,
    /// What making this one costs, if it takes the place of one that was not kept either.
    pub(crate) line: Option<Box<dyn Line>>,
    closed: bool,
}

impl Churn {
    /// The answer is written, and the connection closed.
    pub(crate) fn close(&mut self, handshakes: &Handshakes) {
        self.closed = true;
        handshakes.owe(self.handshake);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }
}

/// A connection that is still being made: nothing gets through before.
pub(super) struct Handshake {
    pub(super) until: Instant,
}

impl Line for Handshake {
    fn pass(&mut self, arrived: Instant, count: usize) -> (usize, Instant) {
        (count, arrived.max(self.until))
    }

    fn differs(&self) -> bool {
        false
    }
}

/// The connections of an edge that were closed, and are to be made again.
#[derive(Debug, Default)]
pub(crate) struct Handshakes(Mutex<VecDeque<Owed>>);

#[derive(Debug)]
struct Owed {
    until: Instant,
    handshake: Duration,
}

impl Handshakes {
    fn owe(&self, handshake: Duration) {
        let until = Instant::now() + MISSED_FOR;
        let mut owed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        owed.push_back(Owed { until, handshake });
    }

    /// What a connection that is made now costs; none when it takes no other's place.
    pub(crate) fn take(&self) -> Option<Duration> {
        let mut owed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while let Some(first) = owed.pop_front() {
            if first.until > now {
                return Some(first.handshake);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_connection_that_was_closed_is_paid_for_once() {
        let handshakes = Handshakes::default();
        assert_eq!(handshakes.take(), None);
        let millis = Duration::from_millis;
        handshakes.owe(millis(3));
        handshakes.owe(millis(4));
        assert_eq!(handshakes.take(), Some(millis(3)));
        assert_eq!(handshakes.take(), Some(millis(4)));
        assert_eq!(handshakes.take(), None);
    }
}
