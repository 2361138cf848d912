//! Going through a syntax tree.

use super::syntax::{
    Expr, Expression, Field, FirstStage, Metrics, MetricsSource, OverTime, Pipeline, Scalar,
    SpansetExpression, Stage,
};

/// Visits every field of an expression.
pub(super) fn fields_of_expr<'a>(expr: &'a Expr, visit: &mut impl FnMut(&'a Field)) {
    match expr {
        Expr::Literal(_) => {}
        Expr::Field(field) => visit(field),
        Expr::Not(inner) | Expr::Negative(inner) | Expr::Exists(inner) | Expr::Absent(inner) => {
            fields_of_expr(inner, visit);
        }
        Expr::All(parts) | Expr::Any(parts) => {
            for part in parts {
                fields_of_expr(part, visit);
            }
        }
        Expr::Compare { left, right, .. } | Expr::Arithmetic { left, right, .. } => {
            fields_of_expr(left, visit);
            fields_of_expr(right, visit);
        }
        Expr::Match { text, .. } => fields_of_expr(text, visit),
    }
}

fn fields_of_scalar<'a>(scalar: &'a Scalar, visit: &mut impl FnMut(&'a Field)) {
    match scalar {
        Scalar::Literal(_) | Scalar::Count => {}
        Scalar::Aggregate(_, expr) => fields_of_expr(expr, visit),
        Scalar::Arithmetic { left, right, .. } => {
            fields_of_scalar(left, visit);
            fields_of_scalar(right, visit);
        }
    }
}

fn fields_of_spanset<'a>(spans: &'a SpansetExpression, visit: &mut impl FnMut(&'a Field)) {
    match spans {
        SpansetExpression::Filter(expr) => fields_of_expr(expr, visit),
        SpansetExpression::Pipeline(pipeline) => fields_of_pipeline(pipeline, visit),
        SpansetExpression::Combined { left, right, .. } => {
            fields_of_spanset(left, visit);
            fields_of_spanset(right, visit);
        }
    }
}

/// Visits every field of a pipeline.
pub(super) fn fields_of_pipeline<'a>(pipeline: &'a Pipeline, visit: &mut impl FnMut(&'a Field)) {
    for stage in &pipeline.stages {
        match stage {
            Stage::Spans(spans) => fields_of_spanset(spans, visit),
            Stage::Scalars(filter) => {
                fields_of_scalar(&filter.left, visit);
                fields_of_scalar(&filter.right, visit);
            }
            Stage::By(expr) => fields_of_expr(expr, visit),
            Stage::Coalesce => {}
            Stage::Select(fields) => fields.iter().for_each(&mut *visit),
        }
    }
}

/// Visits every field of a first stage.
pub(super) fn fields_of_first<'a>(first: &'a FirstStage, visit: &mut impl FnMut(&'a Field)) {
    match first {
        FirstStage::Over { function, by } => {
            by.iter().for_each(&mut *visit);
            match function {
                OverTime::Rate | OverTime::Count => {}
                OverTime::Min(field)
                | OverTime::Max(field)
                | OverTime::Avg(field)
                | OverTime::Sum(field)
                | OverTime::Histogram(field)
                | OverTime::Quantile(field, _) => visit(field),
            }
        }
        FirstStage::Compare { selection, .. } => fields_of_expr(selection, visit),
    }
}

fn fields_of_metrics<'a>(metrics: &'a Metrics, visit: &mut impl FnMut(&'a Field)) {
    match &metrics.source {
        MetricsSource::Spans(pipeline, first) => {
            fields_of_pipeline(pipeline, visit);
            fields_of_first(first, visit);
        }
        MetricsSource::Both(_, left, right) => {
            fields_of_metrics(left, visit);
            fields_of_metrics(right, visit);
        }
        MetricsSource::WithNumber(_, inner, _) | MetricsSource::NumberWith(_, _, inner) => {
            fields_of_metrics(inner, visit);
        }
    }
}

/// Visits every field of a query, in the order in which they are written.
pub(super) fn fields<'a>(expression: &'a Expression, visit: &mut impl FnMut(&'a Field)) {
    match expression {
        Expression::Search(pipeline) => fields_of_pipeline(pipeline, visit),
        Expression::Metrics(metrics) => fields_of_metrics(metrics, visit),
    }
}

/// Whether a pipeline asks where spans stand.
pub(super) fn has_relations(pipeline: &Pipeline) -> bool {
    fn of(spans: &SpansetExpression) -> bool {
        match spans {
            SpansetExpression::Filter(_) => false,
            SpansetExpression::Pipeline(pipeline) => has_relations(pipeline),
            SpansetExpression::Combined {
                operator,
                left,
                right,
            } => matches!(operator, super::syntax::SpansetOperator::Related(..)) || of(left) || of(right),
        }
    }
    pipeline
        .stages
        .iter()
        .any(|stage| matches!(stage, Stage::Spans(spans) if of(spans)))
}
