//! The ground truth: what was planned to strike, what did, and how the two match.

/// One strike of a fault, as reported to the referee by whoever fired it.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The trace it happened in.
    pub trace_id: [u8; 16],
    /// The spans in which it can be seen, the one that covers the mechanism first.
    pub span_ids: Vec<[u8; 8]>,
    /// The planned request's number; none for a request sent by hand.
    pub sequence: Option<u64>,
    /// The catalogue's name.
    pub fault: &'static str,
    /// An operation or an edge.
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
