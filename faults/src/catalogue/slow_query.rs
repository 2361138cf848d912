//! `slow-query`.

use super::{Effect, Fault, Places};

/// The catalogue's entry.
pub static SLOW_QUERY: Fault = Fault {
    name: "slow-query",
    family: "",
    summary: "",
    mechanism: "",
    signature: "",
    confused_with: "",
    fix: "",
    effect: Effect { name: "", unit: "" },
    places: Places::Edges,
    parameters: &[],
    scenario: "slow-query",
};
