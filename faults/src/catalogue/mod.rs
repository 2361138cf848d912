//! The catalogue of faults. Each is a file of its own; this one says what an entry is and holds the list.
//!
//! The catalogue is data in one place: the scenario format, its JSON schema, the baggage codec, `faultmart fault` and the
//! shell completions all read it.

use crate::routes::{DATABASE_EDGES, EDGES};

/// A file of this repository and its text, by its path from the root.
macro_rules! source {
    ($path:literal) => {
        Source {
            path: $path,
            text: include_str!(concat!("../../../", $path)),
        }
    };
}

mod bandwidth;
mod black_hole;
mod blocked_runtime;
mod broken_propagation;
mod cache_bypass;
mod cache_stampede;
mod clock_skew;
mod cold_start;
mod connection_churn;
mod connection_reset;
mod crash;
mod deadlock;
mod describe;
mod diff;
mod dropped_spans;
mod exploding_span_names;
mod failing_dependency;
mod hang;
mod head_sampling;
mod late_spans;
mod lock_contention;
mod loss;
mod memory_growth;
mod missing_timeout;
mod mutex_across_io;
mod n_plus_one_rpc;
mod n_plus_one_sql;
mod network_latency;
mod page;
mod parameter;
mod poison_message;
mod pool_exhaustion;
mod quadratic_algorithm;
mod queue_backlog;
mod retry_storm;
mod scope;
mod sequential_fan_out;
mod shown_by;
mod slow_close;
mod slow_query;
mod slow_start;
mod swallowed_error;
mod together;
mod unbounded_result;
mod wide_fan_out;
mod words;
mod worker_starvation;
mod wrong_kind;

pub use bandwidth::BANDWIDTH;
pub use black_hole::BLACK_HOLE;
pub use blocked_runtime::BLOCKED_RUNTIME;
pub use broken_propagation::BROKEN_PROPAGATION;
pub use cache_bypass::CACHE_BYPASS;
pub use cache_stampede::CACHE_STAMPEDE;
pub use clock_skew::CLOCK_SKEW;
pub use cold_start::COLD_START;
pub use connection_churn::CONNECTION_CHURN;
pub use connection_reset::CONNECTION_RESET;
pub use crash::CRASH;
pub use deadlock::DEADLOCK;
pub use diff::Row;
pub use dropped_spans::DROPPED_SPANS;
pub use exploding_span_names::EXPLODING_SPAN_NAMES;
pub use failing_dependency::FAILING_DEPENDENCY;
pub use hang::HANG;
pub use head_sampling::HEAD_SAMPLING;
pub use late_spans::LATE_SPANS;
pub use lock_contention::LOCK_CONTENTION;
pub use loss::LOSS;
pub use memory_growth::MEMORY_GROWTH;
pub use missing_timeout::MISSING_TIMEOUT;
pub use mutex_across_io::MUTEX_ACROSS_IO;
pub use n_plus_one_rpc::N_PLUS_ONE_RPC;
pub use n_plus_one_sql::N_PLUS_ONE_SQL;
pub use network_latency::NETWORK_LATENCY;
pub use page::{RUN_BEGINS, RUN_ENDS, pages};
pub use parameter::{Parameter, ParameterKind};
pub(crate) use parameter::{read_byte_rate, read_size};
pub use poison_message::POISON_MESSAGE;
pub use pool_exhaustion::POOL_EXHAUSTION;
pub use quadratic_algorithm::QUADRATIC_ALGORITHM;
pub use queue_backlog::QUEUE_BACKLOG;
pub use retry_storm::RETRY_STORM;
pub use scope::{Database, Databases, Scope};
pub use sequential_fan_out::SEQUENTIAL_FAN_OUT;
pub use shown_by::{ShownBy, Witness};
pub use slow_close::SLOW_CLOSE;
pub use slow_query::SLOW_QUERY;
pub use slow_start::SLOW_START;
pub use swallowed_error::SWALLOWED_ERROR;
pub(crate) use together::obstacle;
pub use unbounded_result::UNBOUNDED_RESULT;
pub use wide_fan_out::WIDE_FAN_OUT;
pub use worker_starvation::WORKER_STARVATION;
pub use wrong_kind::WRONG_KIND;

/// Every fault there is, in the order in which they are taught.
pub static FAULTS: [&Fault; 40] = [
    &SLOW_QUERY,
    &N_PLUS_ONE_SQL,
    &LOCK_CONTENTION,
    &DEADLOCK,
    &POOL_EXHAUSTION,
    &UNBOUNDED_RESULT,
    &NETWORK_LATENCY,
    &BANDWIDTH,
    &LOSS,
    &CONNECTION_RESET,
    &BLACK_HOLE,
    &SLOW_CLOSE,
    &CONNECTION_CHURN,
    &N_PLUS_ONE_RPC,
    &SEQUENTIAL_FAN_OUT,
    &WIDE_FAN_OUT,
    &RETRY_STORM,
    &MISSING_TIMEOUT,
    &WORKER_STARVATION,
    &QUADRATIC_ALGORITHM,
    &BLOCKED_RUNTIME,
    &MUTEX_ACROSS_IO,
    &MEMORY_GROWTH,
    &CACHE_BYPASS,
    &CACHE_STAMPEDE,
    &FAILING_DEPENDENCY,
    &SWALLOWED_ERROR,
    &QUEUE_BACKLOG,
    &POISON_MESSAGE,
    &CRASH,
    &HANG,
    &SLOW_START,
    &COLD_START,
    &BROKEN_PROPAGATION,
    &CLOCK_SKEW,
    &DROPPED_SPANS,
    &LATE_SPANS,
    &HEAD_SAMPLING,
    &WRONG_KIND,
    &EXPLODING_SPAN_NAMES,
];

/// The fault of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Fault> {
    FAULTS.iter().copied().find(|fault| fault.name == name)
}

/// Whether that fault strikes there for a time, and picks no single requests.
#[must_use]
pub fn is_set_for_a_time(fault: &str, place: &str) -> bool {
    find(fault).is_some_and(|fault| fault.strikes_for_a_time_only(place))
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
    /// What metrics and traces show of it, and hide.
    pub shown_by: ShownBy,
    /// What it is mistaken for, and how to tell them apart.
    pub confused_with: &'static str,
    /// What to do about it.
    pub fix: &'static str,
    /// How it is switched on.
    pub scope: Scope,
    /// On which databases its mechanism is real.
    pub databases: Databases,
    /// Whether what it does outlasts it, so that only a restart of the service heals it.
    pub lasting: bool,
    /// What is measured where it strikes: a name and a unit (`queries`, `ms`).
    pub effect: Effect,
    /// Where it can strike.
    pub places: Places,
    /// What can be set.
    pub parameters: &'static [Parameter],
    /// The catalogue scenario that shows it.
    pub scenario: &'static str,
}

impl Fault {
    /// The operations it can strike at; none when it strikes on edges or at whole services.
    pub fn operations(&self) -> impl Iterator<Item = &'static str> + use<> {
        let operations: &'static [Operation] = match self.places {
            Places::Operations(operations) => operations,
            Places::Edges | Places::Calls | Places::Services(_) => &[],
        };
        operations.iter().map(|operation| operation.name)
    }

    /// Every place where it can strike a single request.
    #[must_use]
    pub fn place_names(&self) -> Vec<&'static str> {
        if !self.scope.rides() {
            return Vec::new();
        }
        match self.places {
            Places::Operations(_) => self.operations().collect(),
            Places::Edges | Places::Calls => EDGES.to_vec(),
            Places::Services(services) => services.to_vec(),
        }
    }

    /// Every place where it can be set for a time.
    #[must_use]
    pub fn window_place_names(&self) -> Vec<&'static str> {
        if !self.scope.is_set_for_a_time() {
            return Vec::new();
        }
        match self.places {
            Places::Operations(_) => self.operations().collect(),
            Places::Edges => EDGES.into_iter().chain(DATABASE_EDGES).collect(),
            Places::Calls => EDGES.to_vec(),
            Places::Services(services) => services.to_vec(),
        }
    }

    /// Every place where it can strike, in either way.
    #[must_use]
    pub fn all_place_names(&self) -> Vec<&'static str> {
        let mut places = self.place_names();
        for place in self.window_place_names() {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }

    /// Whether it can strike a single request there.
    #[must_use]
    pub fn strikes_at(&self, place: &str) -> bool {
        self.scope.rides()
            && match self.places {
                Places::Operations(_) => self.operations().any(|name| name == place),
                Places::Edges | Places::Calls => EDGES.contains(&place),
                Places::Services(services) => services.contains(&place),
            }
    }

    /// Whether it can strike there, though no single request: it is set for a time, and strikes whatever is there.
    #[must_use]
    pub fn strikes_for_a_time_only(&self, place: &str) -> bool {
        !self.strikes_at(place) && self.window_place_names().contains(&place)
    }

    /// The parameter of that name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
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
    /// On any edge of [`crate::routes::EDGES`], and on any to a database's port.
    Edges,
    /// On any edge of [`crate::routes::EDGES`] alone: it is a fault of calls over HTTP.
    Calls,
    /// At these services, each as a whole.
    Services(&'static [&'static str]),
}

/// An operation that has a faulty twin.
#[derive(Debug)]
pub struct Operation {
    /// `service.operation`: `orders.list-orders`.
    pub name: &'static str,
    /// What of the operation is written in two ways. Two faults that replace the same part cannot strike the same request: only
    /// one of the two files can be run.
    pub part: &'static str,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::SERVICES;

    #[test]
    fn every_entry_is_complete() {
        for fault in FAULTS {
            let texts = [
                fault.summary,
                fault.mechanism,
                fault.signature,
                fault.shown_by.metrics.what,
                fault.shown_by.traces.what,
                fault.confused_with,
                fault.fix,
            ];
            assert!(
                texts
                    .iter()
                    .all(|text| text.ends_with('.') && !text.contains("  ")),
                "{}",
                fault.name
            );
            assert!(!fault.all_place_names().is_empty(), "{}", fault.name);
            if let Places::Services(services) = fault.places {
                assert!(
                    services.iter().all(|service| SERVICES.contains(service)),
                    "{}",
                    fault.name
                );
            }
            if let Databases::Only { because, .. } = fault.databases {
                assert!(because.ends_with('.'), "{}", fault.name);
            }
            for parameter in fault.parameters {
                assert!(
                    crate::baggage::read_parameter(parameter, parameter.default).is_ok(),
                    "{}: {}",
                    fault.name,
                    parameter.name
                );
            }
        }
    }

    #[test]
    fn a_database_is_refused_with_the_reason_or_not_at_all() {
        let only = Databases::Only {
            database: Database::Postgres,
            because: "SQLite has no rows to lock.",
        };
        assert_eq!(only.names(), ["postgresql"]);
        assert_eq!(only.refusal(Database::Postgres), None);
        assert!(only.refusal(Database::Sqlite).is_some());
        assert_eq!(Databases::Both.names(), ["sqlite", "postgresql"]);
    }

    #[test]
    fn a_connection_to_a_database_is_struck_for_a_time_only() {
        assert!(NETWORK_LATENCY.strikes_at("gateway->orders"));
        assert!(!NETWORK_LATENCY.strikes_for_a_time_only("gateway->orders"));
        assert!(NETWORK_LATENCY.strikes_for_a_time_only("orders->database"));
        assert!(SLOW_CLOSE.strikes_at("gateway->orders"));
        assert!(!SLOW_CLOSE.all_place_names().contains(&"orders->database"));
        assert!(!SLOW_QUERY.strikes_for_a_time_only("catalog.search"));
        assert!(!SLOW_QUERY.strikes_for_a_time_only("gateway->orders"));
    }

    #[test]
    fn names_are_unique_and_found() {
        for (index, fault) in FAULTS.iter().enumerate() {
            assert!(FAULTS[..index].iter().all(|other| other.name != fault.name));
            assert_eq!(find(fault.name).map(|found| found.name), Some(fault.name));
        }
    }

    #[test]
    fn twins_are_two_different_files() {
        for fault in FAULTS {
            if let Places::Operations(operations) = fault.places {
                for operation in operations {
                    assert_ne!(operation.healthy.path, operation.faulty.path);
                    assert!(
                        operation.healthy.path.ends_with(".rs") && operation.faulty.path.ends_with(".rs")
                    );
                }
            }
        }
    }
}
