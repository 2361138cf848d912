//! Numbers over time: what a metrics query makes of the traces that it is given one by one.
//!
//! ```
//! use trace::traceql::{Query, metrics::Range};
//! use trace::view::ModelTrace;
//!
//! let query = Query::parse("{ status = error } | rate() by (resource.service.name)")?;
//! let range = Range::over(0, 60_000_000_000, 15_000_000_000)?;
//! let mut metrics = query.metrics(range).expect("a metrics query");
//! metrics.add(&ModelTrace(&[]));
//! assert!(metrics.finish().series.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compare;
mod over_time;
mod range;
mod series;

pub use range::{InvalidRange, Range};
pub use series::{Labels, Series, SeriesSet};

use super::Query;
use super::evaluate::Context;
use super::plan::Needs;
use super::syntax::{
    Arithmetic, Expression, Field, FirstStage, Intrinsic, Metrics, MetricsSource, Pipeline, SecondStage,
};
use super::walk;
use crate::view::TraceView;
use compare::Compared;
use over_time::OverSpans;

/// A metrics query at work.
#[derive(Debug)]
pub struct Accumulator<'q> {
    root: Node<'q>,
}

/// A part of a metrics query at work.
#[derive(Debug)]
struct Node<'q> {
    source: Source<'q>,
    then: &'q [SecondStage],
}

#[derive(Debug)]
enum Source<'q> {
    Over(&'q Pipeline, Needs, OverSpans<'q>),
    Compare(&'q Pipeline, Needs, Compared<'q>),
    Both(Arithmetic, Box<Node<'q>>, Box<Node<'q>>),
    WithNumber(Arithmetic, Box<Node<'q>>, f64),
    NumberWith(Arithmetic, f64, Box<Node<'q>>),
}

impl Query {
    /// Starts to compute the series of a metrics query; none if this is no metrics query.
    pub fn metrics(&self, range: Range) -> Option<Accumulator<'_>> {
        match &self.plan {
            Expression::Search(_) => None,
            Expression::Metrics(metrics) => Some(Accumulator {
                root: Node::of(metrics, range),
            }),
        }
    }
}

impl Accumulator<'_> {
    /// Adds a trace. The order of traces makes no difference.
    pub fn add<V: TraceView>(&mut self, trace: &V) {
        self.root.add(trace);
    }

    /// What it came to.
    pub fn finish(self) -> SeriesSet {
        let mut answer = self.root.finish();
        // A series without any value says nothing.
        answer
            .series
            .retain(|series| series.values.iter().any(|value| !value.is_nan()));
        answer.series.sort_by_cached_key(Series::sort_key);
        answer
    }
}

impl<'q> Node<'q> {
    // Recursion is bounded: the parser refuses queries that nest too deeply.
    fn of(metrics: &'q Metrics, range: Range) -> Self {
        let source = match &metrics.source {
            MetricsSource::Spans(pipeline, first) => {
                let mut fields: Vec<&Field> = Vec::new();
                walk::fields_of_first(first, &mut |field| fields.push(field));
                const TOLD: [Field; 2] = [
                    Field::Intrinsic(Intrinsic::RootName),
                    Field::Intrinsic(Intrinsic::RootService),
                ];
                match first {
                    FirstStage::Over { function, by } => {
                        let needs = Needs::of_pipeline(pipeline, fields);
                        Source::Over(pipeline, needs, OverSpans::new(function, by, range))
                    }
                    FirstStage::Compare {
                        selection,
                        top,
                        window,
                    } => {
                        fields.extend(&TOLD);
                        let needs = Needs::of_pipeline(pipeline, fields);
                        Source::Compare(pipeline, needs, Compared::new(selection, *top, *window, range))
                    }
                }
            }
            MetricsSource::Both(operator, left, right) => Source::Both(
                *operator,
                Box::new(Self::of(left, range)),
                Box::new(Self::of(right, range)),
            ),
            MetricsSource::WithNumber(operator, inner, number) => {
                Source::WithNumber(*operator, Box::new(Self::of(inner, range)), *number)
            }
            MetricsSource::NumberWith(operator, number, inner) => {
                Source::NumberWith(*operator, *number, Box::new(Self::of(inner, range)))
            }
        };
        Self {
            source,
            then: &metrics.then,
        }
    }

    fn add<V: TraceView>(&mut self, trace: &V) {
        match &mut self.source {
            Source::Over(pipeline, needs, over) => {
                let context = Context::new(trace, *needs);
                for set in context.run(pipeline) {
                    for span in set.spans {
                        over.observe(&context, span);
                    }
                }
            }
            Source::Compare(pipeline, needs, compared) => {
                let context = Context::new(trace, *needs);
                for set in context.run(pipeline) {
                    for span in set.spans {
                        compared.observe(&context, span);
                    }
                }
            }
            Source::Both(_, left, right) => {
                left.add(trace);
                right.add(trace);
            }
            Source::WithNumber(_, inner, _) | Source::NumberWith(_, _, inner) => inner.add(trace),
        }
    }

    fn finish(self) -> SeriesSet {
        let mut answer = match self.source {
            Source::Over(_, _, over) => over.finish(),
            Source::Compare(_, _, compared) => compared.finish(),
            Source::Both(operator, left, right) => series::both(operator, &left.finish(), &right.finish()),
            Source::WithNumber(operator, inner, number) => inner
                .finish()
                .map(|value| series::reckoned(operator, value, number)),
            Source::NumberWith(operator, number, inner) => inner
                .finish()
                .map(|value| series::reckoned(operator, number, value)),
        };
        for stage in self.then {
            answer = match stage {
                SecondStage::TopK(count) => series::extreme(answer, *count, true),
                SecondStage::BottomK(count) => series::extreme(answer, *count, false),
                SecondStage::Filter(operator, number) => series::filtered(answer, *operator, *number),
            };
        }
        answer
    }
}
