//! TraceQL, the language of Grafana Tempo: reading queries, and evaluating them over traces wherever these are kept.
//!
//! ```
//! use trace::traceql::Query;
//! use trace::view::ModelTrace;
//!
//! let query = Query::parse(r#"{ resource.service.name = "orders" && duration > 100ms } | count() > 2"#)?;
//! assert_eq!(query.evaluate(&ModelTrace(&[])), None);
//!
//! let error = Query::parse("{ stauts = error }").expect_err("misspelt");
//! assert_eq!(error.column, 3);
//! # Ok::<(), trace::traceql::QueryError>(())
//! ```
//!
//! | question | module |
//! |---|---|
//! | what does a query say? | [`syntax`]; read by `lexer` and `parse`, written back by `display` |
//! | is it put together soundly? | `types` |
//! | which traces can it match at all? | `needles` |
//! | what does it come to? | `evaluate`, [`metrics`] |
//!
//! Queries are hostile input: their length, their depth and their regular expressions are bounded, and what they cost
//! grows with the number of spans and not faster.

mod display;
mod error;
mod evaluate;
mod lexer;
pub mod metrics;
mod needles;
mod parse;
mod plan;
pub mod syntax;
#[cfg(test)]
mod tests;
mod types;
mod walk;
mod words;

pub use error::QueryError;
pub use evaluate::Spanset;
pub use needles::{Needle, Place};

use std::fmt;
use std::str::FromStr;

use crate::view::{Index, TraceView};
use evaluate::Context;
use plan::Needs;
use syntax::{Expression, Field, Hint, Literal, Pipeline, Stage};

/// How long a query may be, in bytes.
pub const LONGEST_QUERY: usize = 64 * 1024;
/// How many regular expressions a query may have.
pub const MOST_PATTERNS: usize = 32;

/// A query, ready to be evaluated.
#[derive(Debug, Clone)]
pub struct Query {
    expression: Expression,
    hints: Vec<Hint>,
    /// The same with the cheap conditions first.
    plan: Expression,
    needs: Needs,
}

/// A value of a span, beside what it is called in the query.
pub type Shown<'q> = (&'q Field, Literal);

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// Where it is wrong, and what was expected there.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        if text.len() > LONGEST_QUERY {
            let message = format!("the query is longer than {} KiB", LONGEST_QUERY / 1024);
            return Err(QueryError::at("", 0, 1, message).help("ask for less at once"));
        }
        let (expression, hints) = parse::parse(text)?;
        let mut plan = expression.clone();
        plan::reorder(&mut plan);
        let needs = match &plan {
            Expression::Search(pipeline) => Needs::of_pipeline(pipeline, Vec::new()),
            Expression::Metrics(_) => Needs::default(),
        };
        Ok(Self {
            expression,
            hints,
            plan,
            needs,
        })
    }

    /// What it says.
    pub fn expression(&self) -> &Expression {
        &self.expression
    }

    /// The settings after it. None of them changes what it comes to: nothing is sampled here.
    pub fn hints(&self) -> &[Hint] {
        &self.hints
    }

    /// Whether it asks for numbers over time, and not for spans.
    pub fn is_metrics(&self) -> bool {
        matches!(self.expression, Expression::Metrics(_))
    }

    /// Text that the bytes of every trace that matches hold, and of every trace that a metrics query counts; the
    /// longest are the most telling. A trace without one of them need not be evaluated.
    pub fn needles(&self) -> Vec<Needle<'_>> {
        needles::needles(&self.expression)
    }

    fn pipeline(&self) -> Option<&Pipeline> {
        match &self.plan {
            Expression::Search(pipeline) => Some(pipeline),
            Expression::Metrics(_) => None,
        }
    }

    /// The spansets of a trace that match; none if the trace does not match, or if this is a metrics query.
    pub fn evaluate<V: TraceView>(&self, trace: &V) -> Option<Vec<Spanset>> {
        let sets = Context::new(trace, self.needs).run(self.pipeline()?);
        (!sets.is_empty()).then_some(sets)
    }

    /// Whether a trace matches, which can be known before all of its spans are seen.
    pub fn matches<V: TraceView>(&self, trace: &V) -> bool {
        self.pipeline()
            .is_some_and(|pipeline| Context::new(trace, self.needs).any(pipeline))
    }

    /// All fields that the query speaks of, each once, in the order in which they are written: what Tempo shows beside
    /// each span.
    pub fn shown_fields(&self) -> Vec<&Field> {
        let mut fields: Vec<&Field> = Vec::new();
        walk::fields(&self.expression, &mut |field| {
            if !fields.contains(&field) {
                fields.push(field);
            }
        });
        fields
    }

    /// The fields of `select(…)`, in order.
    pub fn selected_fields(&self) -> Vec<&Field> {
        let Expression::Search(pipeline) = &self.expression else {
            return Vec::new();
        };
        let selects = pipeline.stages.iter().filter_map(|stage| match stage {
            Stage::Select(fields) => Some(fields),
            _ => None,
        });
        selects.flatten().collect()
    }

    /// The values of these fields for each of these spans; what a span does not have is left out.
    pub fn show<'q, V: TraceView>(
        &self,
        trace: &V,
        spans: &[Index],
        fields: &[&'q Field],
    ) -> Vec<Vec<Shown<'q>>> {
        let context = Context::new(trace, Needs::of(fields.iter().copied(), false));
        let of = |span: &Index| {
            let values = fields.iter().map(|field| (*field, context.literal(field, *span)));
            values.filter(|(_, value)| *value != Literal::Nil).collect()
        };
        spans.iter().map(of).collect()
    }
}

/// Visits all values of a field of these spans: those of each event or link, and each of an array.
pub fn each_value<V: TraceView>(trace: &V, spans: &[Index], field: &Field, mut visit: impl FnMut(Literal)) {
    let context = Context::new(trace, Needs::of([field], false));
    for span in spans {
        context.each_literal(field, *span, &mut visit);
    }
}

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        Self::parse(text)
    }
}

impl fmt::Display for Query {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.fmt(formatter)?;
        if !self.hints.is_empty() {
            let hints: Vec<_> = self.hints.iter().map(Hint::to_string).collect();
            write!(formatter, " with({})", hints.join(", "))?;
        }
        Ok(())
    }
}

impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.expression == other.expression && self.hints == other.hints
    }
}
