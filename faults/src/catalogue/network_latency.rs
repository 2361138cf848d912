//! `network-latency`.

use super::{Effect, Fault, Places};

/// The catalogue's entry.
pub static NETWORK_LATENCY: Fault = Fault {
    name: "network-latency",
    family: "",
    summary: "",
    mechanism: "",
    signature: "",
    confused_with: "",
    fix: "",
    effect: Effect { name: "", unit: "" },
    places: Places::Edges,
    parameters: &[],
    scenario: "network-latency",
};
