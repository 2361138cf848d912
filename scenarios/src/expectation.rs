//! What a scenario says must hold: the language's syntax tree, and how it is read. `runner` evaluates it.
//!
//! ```text
//! p(95, order-history) < 250ms
//! share(errors) < 1%
//! p(50, order-history, affected) > 1.5 * p(50, order-history, healthy)
//! spans(orders, "SELECT order_items") > 10: at least 90% of affected(n-plus-one-sql)
//! { status = error } >> { kind = client } | count() > 2: never
//! ```
//!
//! What begins with `{` or `(` is TraceQL, which [`trace::traceql`] reads and evaluates.

mod lexer;
mod parser;
mod quantifier;
mod query;
mod terms;

use std::time::Duration;

use trace::traceql::Query;

use crate::vocabulary::Vocabulary;

/// One expectation.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// As written, with its quantifier: `spans(…) > 10: never`.
    pub text: String,
    /// What it says.
    pub check: Check,
}

/// What an expectation says. The diagnosis will be a further variant; today it is refused.
#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// Of the run as a whole.
    Run(Comparison),
    /// Of single traces, and of how many.
    Traces {
        /// What holds or does not hold of one trace; its left side is [`Term::Spans`], its right side a number.
        comparison: Comparison,
        /// Of how many traces it must hold.
        quantifier: Quantifier,
    },
    /// Of single traces, by a query that they match or do not match.
    Query {
        /// A search; boxed, since it is much larger than all else here.
        query: Box<Query>,
        /// How many traces must match.
        quantifier: Quantifier,
    },
}

/// A term against a quantity, or against another term times a factor. Both sides are of one [`Kind`].
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The left side.
    pub left: Term,
    /// How they compare.
    pub operator: Operator,
    /// The right side.
    pub right: Operand,
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A fixed quantity.
    Quantity(Quantity),
    /// Another term, multiplied.
    Scaled {
        /// What it is multiplied by.
        factor: f64,
        /// The term.
        term: Term,
    },
}

/// A quantity with its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// `250ms`.
    Duration(Duration),
    /// `1%`, as 0.01.
    Share(f64),
    /// `50/s`, per second.
    Rate(f64),
    /// `10`.
    Number(f64),
}

/// What can be compared with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Of latencies.
    Duration,
    /// Of shares.
    Share,
    /// Of throughput.
    Rate,
    /// Of counts.
    Number,
}

/// Something measured.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// `p(N, JOURNEY[, COHORT])`: a percentile of the latency: from schedule in the open model, from send in the closed one.
    Latency {
        /// From 0 to 100.
        percentile: f64,
        /// The journey, or one of the scenario's own requests.
        journey: String,
        /// Of whom.
        cohort: Cohort,
    },
    /// `share(errors[, JOURNEY])`: failed of started.
    Errors {
        /// Only of this journey.
        journey: Option<String>,
    },
    /// `throughput([JOURNEY])`: completed per second of the load's time.
    Throughput {
        /// Only of this journey.
        journey: Option<String>,
    },
    /// `dropped`: starts that the generator could not make.
    Dropped,
    /// `prevented(FAULT)`: requests that a fault picked and that never got there.
    Prevented {
        /// The fault.
        fault: String,
    },
    /// `spans(SERVICE, "NAME"[, COHORT])`: how many spans of that name a trace has; of the run as a whole, the mean over traces.
    Spans {
        /// The service that wrote them.
        service: String,
        /// Their name.
        name: String,
        /// Of whom; with a quantifier, the quantifier says it.
        cohort: Cohort,
    },
}

/// Which requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Cohort {
    /// All of them.
    #[default]
    All,
    /// Those in which a fault struck.
    Affected,
    /// Those that no fault touched.
    Healthy,
    /// Those that suffered from others' faults.
    Bystander,
}

/// `<`, `<=` …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
}

/// Of how many traces something must hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Quantifier {
    /// `at least 90% of affected(n-plus-one-sql)`.
    AtLeast {
        /// From 0 to 1.
        share: f64,
        /// Of which traces.
        of: Population,
    },
    /// `at most 3 traces`, `at most 3 traces of healthy`.
    AtMost {
        /// How many.
        traces: u64,
        /// Of which traces.
        of: Population,
    },
    /// `never`, `never of healthy`: of no trace.
    Never {
        /// Of which traces.
        of: Population,
    },
}

/// Which traces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Population {
    /// `all`.
    All,
    /// `healthy`.
    Healthy,
    /// `affected`, or `affected(FAULT)`.
    Affected {
        /// Only those in which this one struck.
        fault: Option<String>,
    },
    /// `bystander`.
    Bystander,
}

/// The words that an expectation may use.
pub struct Words<'a> {
    /// Services and faults.
    pub vocabulary: &'a dyn Vocabulary,
    /// The journeys, or the names of the scenario's own requests.
    pub journeys: &'a [&'a str],
}

/// Why an expectation cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpectationError {
    /// Whether it is in the quantifier and not in the comparison.
    pub in_quantifier: bool,
    /// Where it begins, in characters from 0.
    pub offset: usize,
    /// How many characters it spans.
    pub length: usize,
    /// What is wrong, in one line.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Expectation {
    /// Reads a comparison and, if there is one, its quantifier.
    ///
    /// # Errors
    /// Where it is wrong, and what was expected there.
    pub fn parse(text: &str, quantifier: Option<&str>, words: &Words<'_>) -> Result<Self, ExpectationError> {
        if text.trim_start().starts_with(['{', '(']) {
            return query::parse(text, quantifier, words);
        }
        let comparison = parser::comparison(text, words)?;
        let whole = whole(text, quantifier);
        let check = match quantifier {
            None => Check::Run(comparison),
            Some(quantifier) => {
                parser::check_quantifiable(text, &comparison)?;
                let quantifier = quantifier::parse(quantifier, words).map_err(|error| ExpectationError {
                    in_quantifier: true,
                    ..error
                })?;
                Check::Traces {
                    comparison,
                    quantifier,
                }
            }
        };
        Ok(Self { text: whole, check })
    }
}

/// An expectation as it was written.
fn whole(text: &str, quantifier: Option<&str>) -> String {
    match quantifier {
        Some(quantifier) => format!("{}: {}", text.trim(), quantifier.trim()),
        None => text.trim().to_owned(),
    }
}

impl Term {
    /// What it measures.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Latency { .. } => Kind::Duration,
            Self::Errors { .. } => Kind::Share,
            Self::Throughput { .. } => Kind::Rate,
            Self::Dropped | Self::Prevented { .. } | Self::Spans { .. } => Kind::Number,
        }
    }
}

impl Quantity {
    /// What it is a quantity of.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Duration(_) => Kind::Duration,
            Self::Share(_) => Kind::Share,
            Self::Rate(_) => Kind::Rate,
            Self::Number(_) => Kind::Number,
        }
    }

    /// Seconds, a share from 0 to 1, requests per second, or a plain number.
    #[must_use]
    pub fn value(&self) -> f64 {
        match self {
            Self::Duration(duration) => duration.as_secs_f64(),
            Self::Share(value) | Self::Rate(value) | Self::Number(value) => *value,
        }
    }
}

impl Operator {
    /// Whether the left side stands in this relation to the right one.
    #[must_use]
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
            Self::Equal => left == right,
            Self::NotEqual => left != right,
        }
    }
}
