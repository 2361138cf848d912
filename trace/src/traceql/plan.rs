//! What is settled once a query, before any trace is seen: what it needs to know of a trace as a whole, and the order in
//! which conditions are tried.

use super::syntax::{
    Expr, Expression, Field, Intrinsic, Metrics, MetricsSource, Pipeline, Scope, SpansetExpression, Stage,
};
use super::walk;

/// What a query needs to know of a trace as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// Who is below whom.
    pub structure: bool,
    pub child_counts: bool,
    pub nested_sets: bool,
    pub root: bool,
    pub trace_duration: bool,
}

impl Needs {
    /// What these fields need.
    pub fn of<'a>(fields: impl IntoIterator<Item = &'a Field>, relations: bool) -> Self {
        let mut needs = Self {
            structure: relations,
            ..Self::default()
        };
        for field in fields {
            needs.add(field);
        }
        needs
    }

    fn add(&mut self, field: &Field) {
        match field {
            Field::Attribute(Scope::Parent | Scope::ParentSpan | Scope::ParentResource, _)
            | Field::Intrinsic(Intrinsic::Parent) => self.structure = true,
            Field::Intrinsic(Intrinsic::ChildCount) => {
                self.structure = true;
                self.child_counts = true;
            }
            Field::Intrinsic(
                Intrinsic::NestedSetLeft | Intrinsic::NestedSetRight | Intrinsic::NestedSetParent,
            ) => {
                self.structure = true;
                self.nested_sets = true;
            }
            Field::Intrinsic(Intrinsic::RootName | Intrinsic::RootService) => {
                self.structure = true;
                self.root = true;
            }
            Field::Intrinsic(Intrinsic::TraceDuration) => self.trace_duration = true,
            _ => {}
        }
    }

    /// What a pipeline needs, and these fields besides.
    pub fn of_pipeline<'a>(pipeline: &'a Pipeline, mut besides: Vec<&'a Field>) -> Self {
        walk::fields_of_pipeline(pipeline, &mut |field| besides.push(field));
        Self::of(besides, walk::has_relations(pipeline))
    }
}

/// Puts the conditions of every `&&` and `||` in the order of what they cost; what they come to stays the same.
pub fn reorder(expression: &mut Expression) {
    match expression {
        Expression::Search(pipeline) => reorder_pipeline(pipeline),
        Expression::Metrics(metrics) => reorder_metrics(metrics),
    }
}

fn reorder_metrics(metrics: &mut Metrics) {
    match &mut metrics.source {
        MetricsSource::Spans(pipeline, _) => reorder_pipeline(pipeline),
        MetricsSource::Both(_, left, right) => {
            reorder_metrics(left);
            reorder_metrics(right);
        }
        MetricsSource::WithNumber(_, inner, _) | MetricsSource::NumberWith(_, _, inner) => {
            reorder_metrics(inner)
        }
    }
}

fn reorder_pipeline(pipeline: &mut Pipeline) {
    for stage in &mut pipeline.stages {
        if let Stage::Spans(spans) = stage {
            reorder_spanset(spans);
        }
    }
}

fn reorder_spanset(spans: &mut SpansetExpression) {
    match spans {
        SpansetExpression::Filter(expr) => drop(reorder_expr(expr)),
        SpansetExpression::Pipeline(pipeline) => reorder_pipeline(pipeline),
        SpansetExpression::Combined { left, right, .. } => {
            reorder_spanset(left);
            reorder_spanset(right);
        }
    }
}

/// Reorders within an expression, and returns what it costs, in no unit.
fn reorder_expr(expr: &mut Expr) -> u32 {
    match expr {
        Expr::Literal(_) => 0,
        Expr::Field(field) => cost(field),
        Expr::Not(inner) | Expr::Negative(inner) | Expr::Exists(inner) | Expr::Absent(inner) => {
            reorder_expr(inner)
        }
        Expr::All(_) | Expr::Any(_) => {
            let all = matches!(expr, Expr::All(_));
            let mut flat = Vec::new();
            flatten(std::mem::replace(expr, Expr::Any(Vec::new())), all, &mut flat);
            flat.sort_by_cached_key(reorder_key);
            let cost = flat.iter_mut().map(reorder_expr).sum();
            *expr = if all { Expr::All(flat) } else { Expr::Any(flat) };
            cost
        }
        Expr::Compare { left, right, .. } | Expr::Arithmetic { left, right, .. } => {
            reorder_expr(left) + reorder_expr(right)
        }
        Expr::Match { text, .. } => reorder_expr(text) + 20,
    }
}

/// Takes conditions of one sort that brackets had put into one another apart, as deep as the parser lets them be.
fn flatten(expr: Expr, all: bool, flat: &mut Vec<Expr>) {
    match (expr, all) {
        (Expr::All(parts), true) | (Expr::Any(parts), false) => {
            parts.into_iter().for_each(|part| flatten(part, all, flat));
        }
        (other, _) => flat.push(other),
    }
}

fn reorder_key(expr: &Expr) -> u32 {
    let mut total = match expr {
        Expr::Match { .. } => 20,
        _ => 0,
    };
    walk::fields_of_expr(expr, &mut |field| total += cost(field));
    total
}

fn cost(field: &Field) -> u32 {
    match field {
        Field::Intrinsic(intrinsic) => match intrinsic {
            Intrinsic::TraceDuration
            | Intrinsic::RootName
            | Intrinsic::RootService
            | Intrinsic::ChildCount
            | Intrinsic::NestedSetLeft
            | Intrinsic::NestedSetRight
            | Intrinsic::NestedSetParent
            | Intrinsic::Parent => 1,
            Intrinsic::Kind | Intrinsic::Status | Intrinsic::Duration => 2,
            Intrinsic::InstrumentationName | Intrinsic::InstrumentationVersion => 3,
            Intrinsic::Name | Intrinsic::StatusMessage => 4,
            Intrinsic::SpanId | Intrinsic::ParentId | Intrinsic::TraceId => 5,
            _ => 12,
        },
        Field::Attribute(scope, _) => match scope {
            Scope::Resource | Scope::Instrumentation | Scope::ParentResource => 3,
            Scope::Span | Scope::ParentSpan => 6,
            Scope::Event | Scope::Link => 12,
            Scope::Any | Scope::Parent => 18,
        },
    }
}
