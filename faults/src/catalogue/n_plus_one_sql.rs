//! `n-plus-one-sql`.

use super::{Effect, Fault, Places};

/// The catalogue's entry.
pub static N_PLUS_ONE_SQL: Fault = Fault {
    name: "n-plus-one-sql",
    family: "",
    summary: "",
    mechanism: "",
    signature: "",
    confused_with: "",
    fix: "",
    effect: Effect { name: "", unit: "" },
    places: Places::Edges,
    parameters: &[],
    scenario: "n-plus-one-sql",
};
