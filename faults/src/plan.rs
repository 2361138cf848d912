//! The plan of a run: which request goes when, on which journey, with which arguments and trace id, and which faults ride
//! with it. A pure function of (scenario, seed, attempt), computed lazily, so that its memory does not grow with its length.
//!
//! A request is drawn from its sequence number alone, so that any part of the plan can be computed without the rest; only
//! start times must be walked through in order, which costs one draw each.

mod arrivals;
mod closed;
mod error;
mod journeys;
mod line;
mod open;
mod picks;
mod request;
mod shard;
mod stream;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use scenarios::model::Scenario;
use seed::shop::Scale;

pub use closed::{ClosedStep, ClosedUser};
pub use error::PlanError;
pub use open::OpenRequests;
pub(crate) use request::hex;
pub use request::{Body, PlannedRequest, Request};
pub use shard::Shard;

/// The plan of a run. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct Plan(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    seed: u64,
    /// What arguments are drawn from: the seed, unless the scenario goes round.
    arguments: u64,
    attempt: u64,
    scale: Scale,
    streams: Vec<stream::Stream>,
    rules: Vec<picks::Rule>,
}

impl Plan {
    /// The plan of the scenario, with the scenario's seed. Plans of two attempts differ in trace and span ids alone.
    ///
    /// # Errors
    /// When the scenario names a journey, fault, place or parameter that does not exist; a scenario that was read from
    /// YAML with [`crate::vocabulary::Catalogue`] never does.
    pub fn new(scenario: &Scenario, attempt: u64) -> Result<Self, PlanError> {
        Self::round(scenario, attempt, 0)
    }

    /// The plan of a scenario that is played round and round: each round has arguments of its own, since a shop takes an order once,
    /// however often it is sent. Round 0 is what [`Plan::new`] gives.
    ///
    /// # Errors
    /// As for [`Plan::new`].
    pub fn round(scenario: &Scenario, attempt: u64, round: u64) -> Result<Self, PlanError> {
        let streams = stream::streams(scenario)?;
        let rules = picks::rules(scenario)?;
        let scale = Scale {
            users: scenario.shop.users,
            products: scenario.shop.products,
            orders: scenario.shop.orders,
        };
        Ok(Self(Arc::new(Inner {
            seed: scenario.seed,
            arguments: request::stride(scenario.seed, round),
            attempt,
            scale,
            streams,
            rules,
        })))
    }

    /// All requests of the open model, in start order.
    #[must_use]
    pub fn open(&self) -> OpenRequests {
        self.open_shard(Shard::WHOLE)
    }

    /// The shard's requests of the open model, in start order.
    #[must_use]
    pub fn open_shard(&self, shard: Shard) -> OpenRequests {
        OpenRequests::new(Arc::clone(&self.0), shard)
    }

    /// All users of the closed model, each with its endless sequence of steps.
    pub fn closed(&self) -> impl Iterator<Item = ClosedUser> + use<> {
        self.closed_shard(Shard::WHOLE)
    }

    /// The shard's users of the closed model.
    pub fn closed_shard(&self, shard: Shard) -> impl Iterator<Item = ClosedUser> + use<> {
        closed::users(&self.0).filter(move |user| shard.has(u64::from(user.user() - 1)))
    }

    /// When the last load ends, from the start of the run.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.0
            .streams
            .iter()
            .map(stream::Stream::until)
            .max()
            .unwrap_or_default()
    }

    /// How many requests the open model is expected to start: exact with even spacing, the mean of Poisson arrivals.
    #[must_use]
    pub fn expected_open(&self) -> f64 {
        self.0.streams.iter().map(stream::Stream::expected).sum()
    }

    /// The journeys of these sequence numbers. Costs a walk over the start times up to the highest of them.
    #[must_use]
    pub fn journeys(&self, sequences: &BTreeSet<u64>) -> BTreeMap<u64, Arc<str>> {
        let mut found = open::journeys(&self.0, sequences);
        found.extend(closed::journeys(&self.0, sequences));
        found
    }
}

#[cfg(test)]
mod tests;
