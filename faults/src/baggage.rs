//! How faults ride with a request: the W3C `baggage` header, in a codec of our own.
//!
//! `baggage: fault.slow-query=catalog.search,fault.network-latency=gateway->orders;delay=80ms;jitter=10ms,load.sequence=17`
//!
//! Values and properties are `[A-Za-z0-9.:/_>-]+`, so that nothing needs encoding. What is not ours is passed through
//! untouched.

use std::collections::BTreeMap;

/// The largest `baggage` header, in bytes, all its lines joined.
pub const MAX_BYTES: usize = 8 * 1024;

/// The faults and the sequence number that ride with one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestFaults {
    /// The planned request's number; none for a request that someone sent by hand.
    pub sequence: Option<u64>,
    /// What is to strike, and where.
    pub active: Vec<ActiveFault>,
}

/// A fault, where it is to strike, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveFault {
    /// The catalogue's name.
    pub fault: &'static str,
    /// An operation or an edge, one the fault can strike at.
    pub at: String,
    /// As written, checked against the catalogue; defaults are not filled in.
    pub parameters: BTreeMap<String, String>,
}

impl RequestFaults {
    /// The fault of that name at that place, if it rides with this request.
    #[must_use]
    pub fn find(&self, fault: &str, at: &str) -> Option<&ActiveFault> {
        self.active
            .iter()
            .find(|active| active.fault == fault && active.at == at)
    }
}
