//! Text that the bytes of every matching trace must hold, so that a store can pass over the others without looking at
//! their spans.

use super::syntax::{
    Comparison, Expr, Expression, Field, Intrinsic, Literal, MetricsSource, Mode, Pipeline, Scope,
    SpansetExpression, SpansetOperator, Stage,
};

/// Bytes that must be there, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Needle<'a> {
    /// In which part of the trace.
    pub place: Place,
    /// The bytes; never empty.
    pub bytes: &'a [u8],
}

/// A part of a trace as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the bytes of a span, its events and links included.
    Spans,
    /// In the bytes of a resource or an instrumentation scope.
    Shared,
    /// In either.
    Anywhere,
}

/// The needles of a query, each once.
pub(super) fn needles(expression: &Expression) -> Vec<Needle<'_>> {
    let mut found = Vec::new();
    match expression {
        Expression::Search(pipeline) => of_pipeline(pipeline, &mut found),
        Expression::Metrics(metrics) => {
            if let MetricsSource::Spans(pipeline, _) = &metrics.source {
                of_pipeline(pipeline, &mut found);
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn of_pipeline<'a>(pipeline: &'a Pipeline, found: &mut Vec<Needle<'a>>) {
    // Every stage has to let something through.
    for stage in &pipeline.stages {
        if let Stage::Spans(spans) = stage {
            of_spanset(spans, found);
        }
    }
}

fn of_spanset<'a>(spans: &'a SpansetExpression, found: &mut Vec<Needle<'a>>) {
    match spans {
        SpansetExpression::Filter(expr) => of_expr(expr, found),
        SpansetExpression::Pipeline(pipeline) => of_pipeline(pipeline, found),
        SpansetExpression::Combined {
            operator,
            left,
            right,
        } => match operator {
            SpansetOperator::Or => {}
            SpansetOperator::Related(_, Mode::Negated) => of_spanset(right, found),
            SpansetOperator::And | SpansetOperator::Related(..) => {
                of_spanset(left, found);
                of_spanset(right, found);
            }
        },
    }
}

fn of_expr<'a>(expr: &'a Expr, found: &mut Vec<Needle<'a>>) {
    match expr {
        Expr::All(parts) => parts.iter().for_each(|part| of_expr(part, found)),
        Expr::Compare {
            operator,
            left,
            right,
        } => {
            for (side, other) in [(left, right), (right, left)] {
                if let Expr::Field(field) = &**side {
                    of_field(field, found);
                    if let (Comparison::Equal, Expr::Literal(Literal::String(text))) = (operator, &**other) {
                        of_text(field, text, found);
                    }
                }
            }
        }
        // An attribute that is absent neither matches nor differs.
        Expr::Match { text: inner, .. } | Expr::Exists(inner) => {
            if let Expr::Field(field) = &**inner {
                of_field(field, found);
            }
        }
        Expr::Field(field) => of_field(field, found),
        _ => {}
    }
}

fn place_of(scope: Scope) -> Place {
    match scope {
        Scope::Span | Scope::ParentSpan | Scope::Event | Scope::Link => Place::Spans,
        Scope::Resource | Scope::ParentResource | Scope::Instrumentation => Place::Shared,
        Scope::Any | Scope::Parent => Place::Anywhere,
    }
}

/// An attribute that something is said of must be there by its key.
fn of_field<'a>(field: &'a Field, found: &mut Vec<Needle<'a>>) {
    if let Field::Attribute(scope, key) = field {
        push(place_of(*scope), key.text(), found);
    }
}

/// Text that a field is equal to must be there; identifiers are kept as bytes, not as text.
fn of_text<'a>(field: &Field, text: &'a str, found: &mut Vec<Needle<'a>>) {
    let place = match field {
        Field::Attribute(scope, _) => place_of(*scope),
        Field::Intrinsic(intrinsic) => match intrinsic {
            Intrinsic::Name | Intrinsic::StatusMessage | Intrinsic::EventName | Intrinsic::RootName => {
                Place::Spans
            }
            Intrinsic::RootService | Intrinsic::InstrumentationName | Intrinsic::InstrumentationVersion => {
                Place::Shared
            }
            _ => return,
        },
    };
    push(place, text, found);
}

fn push<'a>(place: Place, text: &'a str, found: &mut Vec<Needle<'a>>) {
    if !text.is_empty() {
        found.push(Needle {
            place,
            bytes: text.as_bytes(),
        });
    }
}
