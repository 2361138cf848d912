//! What a service's two witnesses, its metrics and its traces, show of a fault, and what they hide.

use serde::Serialize;

/// What each of the two says, side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ShownBy {
    /// What metrics say.
    pub metrics: Witness,
    /// What traces say.
    pub traces: Witness,
}

/// What somebody finds who looks there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Witness {
    /// Whether the fault stands out: if not, all looks healthy, or is only slow without a reason.
    pub shows: bool,
    /// What is seen, and what is not.
    pub what: &'static str,
}

impl Witness {
    /// The fault stands out.
    pub(super) const fn shows(what: &'static str) -> Self {
        Self { shows: true, what }
    }

    /// It does not.
    pub(super) const fn hides(what: &'static str) -> Self {
        Self { shows: false, what }
    }
}
