//! The catalogue of faults. Each is a file of its own; this one says what an entry is and holds the list.
//!
//! The catalogue is data in one place: the scenario format, its JSON schema, the baggage codec, `faultmart fault` and the
//! shell completions all read it.

mod lock_contention;
mod n_plus_one_sql;
mod network_latency;
mod slow_query;

pub use lock_contention::LOCK_CONTENTION;
pub use n_plus_one_sql::N_PLUS_ONE_SQL;
pub use network_latency::NETWORK_LATENCY;
pub use slow_query::SLOW_QUERY;

/// Every fault there is, in the order in which they are taught.
pub static FAULTS: [&Fault; 4] = [&SLOW_QUERY, &N_PLUS_ONE_SQL, &LOCK_CONTENTION, &NETWORK_LATENCY];

/// The fault of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Fault> {
    FAULTS.iter().copied().find(|fault| fault.name == name)
}

/// An entry of the catalogue.
#[derive(Debug)]
pub struct Fault {
    /// In kebab case: `slow-query`.
    pub name: &'static str,
    /// `database`, `calls`, `network` …
    pub family: &'static str,
    /// One sentence: what it is.
    pub summary: &'static str,
    /// How it is made real, and why people write it.
    pub mechanism: &'static str,
    /// What it looks like in a trace.
    pub signature: &'static str,
    /// What it is mistaken for, and how to tell them apart.
    pub confused_with: &'static str,
    /// What to do about it.
    pub fix: &'static str,
    /// What is measured where it strikes: a name and a unit (`queries`, `ms`).
    pub effect: Effect,
    /// Where it can strike.
    pub places: Places,
    /// What can be set.
    pub parameters: &'static [Parameter],
    /// The catalogue scenario that shows it.
    pub scenario: &'static str,
}

/// What a fault's effect is called and counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// `queries`, `held`, `delay` …
    pub name: &'static str,
    /// `ms`, or empty for a plain count.
    pub unit: &'static str,
}

/// Where a fault can strike.
#[derive(Debug)]
pub enum Places {
    /// At operations, each with its healthy and its faulty implementation.
    Operations(&'static [Operation]),
    /// On any edge of [`crate::routes::EDGES`].
    Edges,
}

/// An operation that has a faulty twin.
#[derive(Debug)]
pub struct Operation {
    /// `service.operation`: `orders.list-orders`.
    pub name: &'static str,
    /// The file of the healthy implementation, from the root of the repository, and its text.
    pub healthy: Source,
    /// The file of the faulty implementation, and its text.
    pub faulty: Source,
}

/// A source file, as it was when the binary was built.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// From the root of the repository.
    pub path: &'static str,
    /// The whole text.
    pub text: &'static str,
}

/// A parameter of a fault.
#[derive(Debug)]
pub struct Parameter {
    /// `delay`.
    pub name: &'static str,
    /// What its values are.
    pub kind: ParameterKind,
    /// As it would be written.
    pub default: &'static str,
    /// One line for people.
    pub summary: &'static str,
}

/// What a parameter's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// `80ms`, up to and including this many milliseconds.
    Duration {
        /// The largest value that is accepted.
        max_ms: u64,
    },
    /// One of these words.
    OneOf(&'static [&'static str]),
}
