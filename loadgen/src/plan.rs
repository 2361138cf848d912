//! What is to be sent, as the generator takes it: lazily, so that memory does not grow with the length of a run.

use std::time::Duration;

use crate::Request;

/// A load: the open model, the closed model, or both side by side.
pub struct LoadPlan {
    /// The journeys that requests refer to by index.
    pub journeys: Vec<Journey>,
    /// Requests due before this are sent, but flagged, and left out of the figures.
    pub warm_up: Duration,
    /// The open model: arrivals in the order in which they are due. They do not wait for answers.
    pub arrivals: Box<dyn Iterator<Item = Arrival> + Send>,
    /// The closed model: users who wait for each answer.
    pub users: Vec<User>,
}

/// A kind of request that figures are kept for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    /// As in the figures: `order-history`.
    pub name: String,
    /// The route's template, `/api/products/{id}`, which names the root spans; the path without its query if there is
    /// none.
    pub route: Option<String>,
}

/// A request of the open model.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// When it is due, from the start of the load.
    pub at: Duration,
    /// What is sent.
    pub request: Request,
}

/// A user of the closed model.
pub struct User {
    /// When the user comes, from the start of the load.
    pub from: Duration,
    /// When the user has gone: no step that would be due then or later is taken.
    pub until: Duration,
    /// What the user does, step by step.
    pub steps: Box<dyn Steps + Send>,
}

/// What a user of the closed model does. What a step sends may hang on when it is due, as a fault's window does; so it is
/// asked for only when that is known.
pub trait Steps {
    /// How long the user thinks before the next step: from the answer to the step before, or from when the user comes.
    /// `None` when there is none.
    fn think(&mut self) -> Option<Duration>;

    /// What that step sends, due at that time from the start of the load. Asked for once after each [`Steps::think`],
    /// unless the user has gone by then; `None` without one.
    fn request(&mut self, due: Duration) -> Option<Request>;
}

impl LoadPlan {
    /// A load of the open model alone.
    pub fn open(journeys: Vec<Journey>, arrivals: impl Iterator<Item = Arrival> + Send + 'static) -> Self {
        Self {
            journeys,
            warm_up: Duration::ZERO,
            arrivals: Box::new(arrivals),
            users: Vec::new(),
        }
    }

    /// A load of the closed model alone.
    #[must_use]
    pub fn closed(journeys: Vec<Journey>, users: Vec<User>) -> Self {
        Self {
            journeys,
            warm_up: Duration::ZERO,
            arrivals: Box::new(std::iter::empty()),
            users,
        }
    }
}

impl std::fmt::Debug for LoadPlan {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut plan = formatter.debug_struct("LoadPlan");
        plan.field("journeys", &self.journeys)
            .field("warm_up", &self.warm_up);
        plan.field("users", &self.users.len()).finish_non_exhaustive()
    }
}
