//! `lock-contention`.

use super::{Effect, Fault, Places};

/// The catalogue's entry.
pub static LOCK_CONTENTION: Fault = Fault {
    name: "lock-contention",
    family: "",
    summary: "",
    mechanism: "",
    signature: "",
    confused_with: "",
    fix: "",
    effect: Effect { name: "", unit: "" },
    places: Places::Edges,
    parameters: &[],
    scenario: "lock-contention",
};
