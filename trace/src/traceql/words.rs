//! The words of the language, with what they stand for; one table for reading and writing.

use super::syntax::{
    Aggregate, Arithmetic, Comparison, Intrinsic, Literal, Mode, Relation, Scope, SpansetOperator,
};
use crate::model::{Kind, StatusCode};

/// Intrinsics by scope and name; the first entry of each is how it is written back.
pub(super) const INTRINSICS: &[(&str, &str, Intrinsic)] = &[
    ("", "name", Intrinsic::Name),
    ("span", "name", Intrinsic::Name),
    ("", "duration", Intrinsic::Duration),
    ("span", "duration", Intrinsic::Duration),
    ("", "status", Intrinsic::Status),
    ("span", "status", Intrinsic::Status),
    ("", "statusMessage", Intrinsic::StatusMessage),
    ("span", "statusMessage", Intrinsic::StatusMessage),
    ("", "kind", Intrinsic::Kind),
    ("span", "kind", Intrinsic::Kind),
    ("span", "id", Intrinsic::SpanId),
    ("span", "parentID", Intrinsic::ParentId),
    ("span", "childCount", Intrinsic::ChildCount),
    ("", "childCount", Intrinsic::ChildCount),
    ("", "nestedSetLeft", Intrinsic::NestedSetLeft),
    ("", "nestedSetRight", Intrinsic::NestedSetRight),
    ("", "nestedSetParent", Intrinsic::NestedSetParent),
    ("", "parent", Intrinsic::Parent),
    ("trace", "id", Intrinsic::TraceId),
    ("", "traceDuration", Intrinsic::TraceDuration),
    ("trace", "duration", Intrinsic::TraceDuration),
    ("", "rootName", Intrinsic::RootName),
    ("trace", "rootName", Intrinsic::RootName),
    ("", "rootServiceName", Intrinsic::RootService),
    ("trace", "rootService", Intrinsic::RootService),
    ("event", "name", Intrinsic::EventName),
    ("event", "timeSinceStart", Intrinsic::EventTimeSinceStart),
    ("link", "traceID", Intrinsic::LinkTraceId),
    ("link", "spanID", Intrinsic::LinkSpanId),
    ("instrumentation", "name", Intrinsic::InstrumentationName),
    ("instrumentation", "version", Intrinsic::InstrumentationVersion),
];

/// Scopes of attributes; each is followed by a full stop.
pub(super) const SCOPES: &[(&str, Scope)] = &[
    ("", Scope::Any),
    ("span", Scope::Span),
    ("resource", Scope::Resource),
    ("event", Scope::Event),
    ("link", Scope::Link),
    ("instrumentation", Scope::Instrumentation),
    ("parent", Scope::Parent),
    ("parent.span", Scope::ParentSpan),
    ("parent.resource", Scope::ParentResource),
];

/// Values that are words.
pub(super) const VALUES: &[(&str, Literal)] = &[
    ("nil", Literal::Nil),
    ("true", Literal::Bool(true)),
    ("false", Literal::Bool(false)),
    ("ok", Literal::Status(StatusCode::OK)),
    ("error", Literal::Status(StatusCode::ERROR)),
    ("unset", Literal::Status(StatusCode::UNSET)),
    ("unspecified", Literal::Kind(Kind::UNSPECIFIED)),
    ("internal", Literal::Kind(Kind::INTERNAL)),
    ("server", Literal::Kind(Kind::SERVER)),
    ("client", Literal::Kind(Kind::CLIENT)),
    ("producer", Literal::Kind(Kind::PRODUCER)),
    ("consumer", Literal::Kind(Kind::CONSUMER)),
    ("minInt", Literal::Int(i64::MIN)),
    ("maxInt", Literal::Int(i64::MAX)),
];

pub(super) const COMPARISONS: &[(&str, Comparison)] = &[
    ("=", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<", Comparison::Less),
    ("<=", Comparison::LessOrEqual),
    (">", Comparison::Greater),
    (">=", Comparison::GreaterOrEqual),
];

pub(super) const ARITHMETIC: &[(&str, Arithmetic)] = &[
    ("+", Arithmetic::Add),
    ("-", Arithmetic::Subtract),
    ("*", Arithmetic::Multiply),
    ("/", Arithmetic::Divide),
    ("%", Arithmetic::Remainder),
    ("^", Arithmetic::Power),
];

pub(super) const AGGREGATES: &[(&str, Aggregate)] = &[
    ("avg", Aggregate::Avg),
    ("max", Aggregate::Max),
    ("min", Aggregate::Min),
    ("sum", Aggregate::Sum),
];

pub(super) const SPANSET_OPERATORS: &[(&str, SpansetOperator)] = &[
    ("&&", SpansetOperator::And),
    ("||", SpansetOperator::Or),
    (">", SpansetOperator::Related(Relation::Child, Mode::Plain)),
    ("<", SpansetOperator::Related(Relation::Parent, Mode::Plain)),
    (">>", SpansetOperator::Related(Relation::Descendant, Mode::Plain)),
    ("<<", SpansetOperator::Related(Relation::Ancestor, Mode::Plain)),
    ("~", SpansetOperator::Related(Relation::Sibling, Mode::Plain)),
    ("!>", SpansetOperator::Related(Relation::Child, Mode::Negated)),
    ("!<", SpansetOperator::Related(Relation::Parent, Mode::Negated)),
    (
        "!>>",
        SpansetOperator::Related(Relation::Descendant, Mode::Negated),
    ),
    ("!<<", SpansetOperator::Related(Relation::Ancestor, Mode::Negated)),
    ("!~", SpansetOperator::Related(Relation::Sibling, Mode::Negated)),
    ("&>", SpansetOperator::Related(Relation::Child, Mode::Union)),
    ("&<", SpansetOperator::Related(Relation::Parent, Mode::Union)),
    ("&>>", SpansetOperator::Related(Relation::Descendant, Mode::Union)),
    ("&<<", SpansetOperator::Related(Relation::Ancestor, Mode::Union)),
    ("&~", SpansetOperator::Related(Relation::Sibling, Mode::Union)),
];

/// The functions of a metrics query's first stage.
pub(super) const METRICS: &[&str] = &[
    "rate",
    "count_over_time",
    "min_over_time",
    "max_over_time",
    "avg_over_time",
    "sum_over_time",
    "quantile_over_time",
    "histogram_over_time",
    "compare",
];

/// What a stage can begin with, other than a brace.
pub(super) const STAGES: &[&str] = &["count", "avg", "max", "min", "sum", "by", "coalesce", "select"];

/// What a word stands for in a table.
pub(super) fn meaning<T: Clone>(table: &[(&str, T)], word: &str) -> Option<T> {
    table
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, meaning)| meaning.clone())
}

/// How something is written, by a table; the first entry wins.
pub(super) fn written<'a, T: PartialEq>(table: &[(&'a str, T)], meaning: &T) -> &'a str {
    table
        .iter()
        .find(|(_, known)| known == meaning)
        .map(|(word, _)| *word)
        .unwrap_or_default()
}
