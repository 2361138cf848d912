//! A scenario as the rest of the program sees it: checked, with all units resolved and all defaults filled in.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

/// One scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// The file's name without its ending, or the catalogue's name: `first-look`.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// The number that the whole plan and all data follow from.
    pub seed: u64,
    /// How much data the shop starts with.
    pub shop: Shop,
    /// Requests due before this are sent but left out of all figures.
    pub warm_up: Duration,
    /// Requests of the user's own, by name, for `faultmart load URL`; empty when the journeys are the shop's.
    pub requests: BTreeMap<String, CustomRequest>,
    /// What load is sent; the entries run side by side, each from its own `from`.
    pub load: Vec<Load>,
    /// Harmless oddities. The requests of those that are requests are in `load`, under the distractor's name.
    pub distractors: Vec<DistractorRule>,
    /// Which faults strike, where and when.
    pub faults: Vec<FaultRule>,
    /// What must hold.
    pub expect: Vec<crate::expectation::Expectation>,
}

/// How much data the shop starts with, and how far its services are from one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shop {
    /// Rows of users.
    pub users: u32,
    /// Rows of products, each with a few reviews.
    pub products: u32,
    /// Rows of orders, each with 1 to 8 items.
    pub orders: u32,
    /// How long a message is on its way from one service to another, each way.
    pub distance: Duration,
}

/// A request of the user's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query, beginning with `/`.
    pub path: String,
    /// Names and values, as sent.
    pub headers: Vec<(String, String)>,
    /// The body, as sent.
    pub body: Option<String>,
}

/// One stream of load.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// Journeys (or names of `requests`) with their weights; one entry when the load is of one journey.
    pub mix: Vec<(String, u32)>,
    /// Open or closed.
    pub model: Model,
    /// When it begins, from the start of the run.
    pub from: Duration,
    /// How long it lasts.
    pub duration: Duration,
}

/// Whether arrivals wait for answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Model {
    /// Arrivals come whether or not earlier ones were answered.
    Open {
        /// The arrival rate over time.
        rate: Rate,
        /// How arrivals are spaced.
        spacing: Spacing,
    },
    /// Each user waits for the answer, thinks, and goes on.
    Closed {
        /// How many users there are at once.
        users: u32,
        /// How long each thinks between an answer and the next request, uniformly drawn.
        think: RangeInclusive<Duration>,
    },
}

/// An arrival rate over time, in requests per second.
#[derive(Debug, Clone, PartialEq)]
pub enum Rate {
    /// The same all through.
    Constant(f64),
    /// From the first to the second, linearly over the load's duration.
    Ramp(f64, f64),
    /// Each for an equal part of the load's duration.
    Steps(Vec<f64>),
}

/// How arrivals are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spacing {
    /// As independent users come: exponentially distributed gaps.
    #[default]
    Poisson,
    /// One gap like the other.
    Even,
}

/// A fault, where it strikes, and which requests it picks.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultRule {
    /// The fault's name: `slow-query`.
    pub fault: String,
    /// An operation (`catalog.search`) or an edge (`gateway->orders`).
    pub at: String,
    /// The fault's own parameters as written (`delay` → `80ms`), already checked against the catalogue.
    pub parameters: BTreeMap<String, String>,
    /// The share of the requests that could be picked, 0 to 1.
    pub share: f64,
    /// Only this journey.
    pub journey: Option<String>,
    /// Only this user, by number, counted from 1.
    pub user: Option<u32>,
    /// When it begins to pick, from the start of the run.
    pub from: Duration,
    /// When it ceases to pick; the end of the load by default.
    pub until: Option<Duration>,
}

/// A harmless oddity, and when it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistractorRule {
    /// Its name: `polling-client`.
    pub distractor: String,
    /// The service, for one that is at a service.
    pub at: Option<String>,
    /// How many times as long the payment provider takes, for one that is about that.
    pub factor: Option<u32>,
    /// When it begins, from the start of the run.
    pub from: Duration,
    /// When it ends; the end of the load by default.
    pub until: Option<Duration>,
}
