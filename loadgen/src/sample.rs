//! What became of one request.

use std::fmt;
use std::time::Duration;

/// A request that was started and has ended. All times are from the start of the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The request's number in the plan.
    pub sequence: u64,
    /// Its journey, as an index into the plan's.
    pub journey: usize,
    /// The user who sent it, as an index into the plan's, in the closed model.
    pub user: Option<usize>,
    /// The trace it began.
    pub trace_id: [u8; 16],
    /// Its root span.
    pub span_id: [u8; 8],
    /// Whether the plan picked it for a fault.
    pub picked: bool,
    /// Whether it was due during the warm-up.
    pub warm_up: bool,
    /// When it should have started.
    pub due: Duration,
    /// When it was started: taken to a free connection, or a new one begun.
    pub sent: Duration,
    /// When its answer was complete, or it failed.
    pub done: Duration,
    /// How it ended.
    pub ending: Ending,
}

impl Sample {
    /// What a user waited who came when the request was due, whatever kept the generator from sending it.
    #[must_use]
    pub fn latency_from_schedule(&self) -> Duration {
        self.done.saturating_sub(self.due)
    }

    /// What the service took, once the request was started.
    #[must_use]
    pub fn latency_from_send(&self) -> Duration {
        self.done.saturating_sub(self.sent)
    }

    /// How late the generator was.
    #[must_use]
    pub fn lateness(&self) -> Duration {
        self.sent.saturating_sub(self.due)
    }
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With an answer, of a status below 400.
    Completed(u16),
    /// Without one, or with an answer that says so.
    Failed(Failure),
    /// Broken off by the generator, when it was told to stop.
    Aborted,
}

impl Ending {
    /// With a complete answer of that status.
    pub(crate) fn of_status(status: u16) -> Self {
        if status < 400 {
            Self::Completed(status)
        } else {
            Self::Failed(Failure::Status(status))
        }
    }

    /// Whether there was a complete answer, of whatever status.
    #[must_use]
    pub fn is_answer(self) -> bool {
        matches!(self, Self::Completed(_) | Self::Failed(Failure::Status(_)))
    }
}

/// Why a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Failure {
    /// No connection could be made.
    Connect,
    /// No complete answer within the timeout.
    Timeout,
    /// The connection broke before the answer was complete.
    Reset,
    /// The answer was not HTTP/1.1, or beyond the limits.
    Protocol,
    /// The answer's status is 400 or above.
    Status(u16),
}

impl Failure {
    /// The answer's status, if there was a whole answer.
    #[must_use]
    pub fn status(self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(status),
            Self::Connect | Self::Timeout | Self::Reset | Self::Protocol => None,
        }
    }
}

/// As in the `error.type` of the root span.
impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => formatter.write_str("connect"),
            Self::Timeout => formatter.write_str("timeout"),
            Self::Reset => formatter.write_str("reset"),
            Self::Protocol => formatter.write_str("protocol"),
            Self::Status(status) => write!(formatter, "{status}"),
        }
    }
}

/// An arrival that could not be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped {
    /// The request's number in the plan.
    pub sequence: u64,
    /// Its journey, as an index into the plan's.
    pub journey: usize,
    /// Whether the plan picked it for a fault.
    pub picked: bool,
    /// Whether it was due during the warm-up.
    pub warm_up: bool,
    /// When it should have started, from the start of the load.
    pub due: Duration,
}

/// Someone who is told of every request, on the generator's own thread: be quick.
pub trait Observer {
    /// A request has ended.
    fn finished(&mut self, sample: &Sample);

    /// An arrival was not started.
    fn dropped(&mut self, dropped: &Dropped) {
        let _ = dropped;
    }
}

/// Nobody.
impl Observer for () {
    fn finished(&mut self, _sample: &Sample) {}
}

/// Both, one after the other.
impl<First: Observer, Second: Observer> Observer for (First, Second) {
    fn finished(&mut self, sample: &Sample) {
        self.0.finished(sample);
        self.1.finished(sample);
    }

    fn dropped(&mut self, dropped: &Dropped) {
        self.0.dropped(dropped);
        self.1.dropped(dropped);
    }
}
