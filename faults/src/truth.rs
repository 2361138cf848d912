//! The ground truth: what was planned to strike, what did, and how the two match.
//!
//! Of the requests that were started, a fault that was intended was either applied, or prevented (the request never got there;
//! with the reason), or missed, which is an error of ours. What was applied without being intended is unplanned, an error
//! of ours as well, or manual, when somebody sent the request by hand.
//!
//! A fault that is set for a time is intended once for each of its windows, and applied when it was set. Whoever it strikes is
//! hit as intended, in whichever role.
//!
//! Harmless oddities that a scenario declares are told of as well, as innocent.

mod account;
mod innocents;
mod ledger;
mod lines;
mod windows;

pub use account::{AccountScope, FaultAccount, MeasuredEffect};
pub use innocents::{EventTimes, Innocent, InnocentAccount, InnocentLine};
pub use ledger::{Cohort, Ledger, Outcome, Unclaimed};
pub use lines::{EffectLine, RequestLine, TruthLine, WindowLine};
pub use windows::{Window, WindowOutcome, WindowTimes};

/// One strike of a fault, as reported to the referee by whoever fired it.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The trace it happened in; all zeros when it is known to have happened in none, as on a connection to a database.
    pub trace_id: [u8; 16],
    /// The spans in which it can be seen, the one that covers the mechanism first.
    pub span_ids: Vec<[u8; 8]>,
    /// The planned request's number; none for a request sent by hand.
    pub sequence: Option<u64>,
    /// The catalogue's name.
    pub fault: &'static str,
    /// An operation, an edge or a service.
    pub at: String,
    /// Who this request was in it.
    pub role: Role,
    /// The measured effect, in the unit of the fault's [`crate::catalogue::Effect`].
    pub effect: f64,
    /// When it ended, in nanoseconds since the epoch.
    pub at_unix_ns: u64,
}

/// Who a request was in a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// The fault was fired by this request.
    Culprit,
    /// This request suffered from another's fault.
    Bystander,
}

#[cfg(test)]
mod tests;
