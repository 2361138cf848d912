//! Why there can be no plan.

use crate::baggage::{BaggageError, MAX_PLACES};

/// Why there can be no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A load is of a journey that cannot be played.
    #[error("the journey `{journey}` cannot be played: {help}")]
    UnknownJourney {
        /// As named by the scenario.
        journey: String,
        /// The nearest one, or all.
        help: String,
    },
    /// A load has no journey with a weight above 0.
    #[error("a load has no journey to play")]
    EmptyMix,
    /// A fault rule names what does not exist.
    #[error("a fault of the scenario is wrong: {0}")]
    Fault(#[from] BaggageError),
    /// Baggage can carry a fault to so many places only.
    #[error("{fault} strikes at more than {MAX_PLACES} places, which is more than can ride with one request")]
    TooManyPlaces {
        /// The fault.
        fault: &'static str,
    },
    /// The closed model's users are too many to number.
    #[error("the load has more than {} users at once", super::closed::MAX_USERS)]
    TooManyUsers,
}
