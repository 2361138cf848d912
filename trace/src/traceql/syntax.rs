//! What a query says: its syntax tree.

use crate::model::{Kind, StatusCode};
use crate::view::Key;

/// The two sorts of queries.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// Which spans of which traces.
    Search(Pipeline),
    /// Numbers over time.
    Metrics(Metrics),
}

/// A setting after the query, such as `with(most_recent=true)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Hint {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Literal,
}

/// Stages one after another: each is given the spansets that the one before let through.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// The stages, at least one.
    pub stages: Vec<Stage>,
}

/// A stage of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// Lets spans through.
    Spans(SpansetExpression),
    /// Lets whole spansets through.
    Scalars(ScalarFilter),
    /// Splits spansets by a value.
    By(Expr),
    /// Makes one spanset of all.
    Coalesce,
    /// What is shown beside each span.
    Select(Vec<Field>),
}

/// Which spans.
#[derive(Debug, Clone, PartialEq)]
pub enum SpansetExpression {
    /// `{ … }`
    Filter(Expr),
    /// `( … | … )`
    Pipeline(Pipeline),
    /// Two of them, combined.
    Combined {
        /// How.
        operator: SpansetOperator,
        /// What stands left.
        left: Box<SpansetExpression>,
        /// What stands right.
        right: Box<SpansetExpression>,
    },
}

/// How two sets of spans of one trace are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpansetOperator {
    /// `&&`: the spans of both, if both have some.
    And,
    /// `||`: the spans of both.
    Or,
    /// The spans on the right that stand in a relation to one on the left.
    Related(Relation, Mode),
}

/// Where a span on the right stands, seen from one on the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `>`: directly below it.
    Child,
    /// `<`: directly above it.
    Parent,
    /// `>>`: below it.
    Descendant,
    /// `<<`: above it.
    Ancestor,
    /// `~`: below the same parent.
    Sibling,
}

/// Which spans a relation gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Those on the right that stand so to one on the left.
    Plain,
    /// `!`: those on the right that stand so to none.
    Negated,
    /// `&`: those on both sides that have a partner.
    Union,
}

/// A comparison of numbers that spansets come to.
#[derive(Debug, Clone, PartialEq)]
pub struct ScalarFilter {
    /// How they compare.
    pub operator: Comparison,
    /// What stands left.
    pub left: Scalar,
    /// What stands right.
    pub right: Scalar,
}

/// A number that a spanset comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// Always the same.
    Literal(Literal),
    /// How many spans.
    Count,
    /// Of a value over the spans.
    Aggregate(Aggregate, Expr),
    /// Two of them, combined.
    Arithmetic {
        /// How.
        operator: Arithmetic,
        /// What stands left.
        left: Box<Scalar>,
        /// What stands right.
        right: Box<Scalar>,
    },
}

/// What is made of the values of several spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// Their mean.
    Avg,
    /// The greatest.
    Max,
    /// The least.
    Min,
    /// Their sum.
    Sum,
}

/// An expression over one span.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// Always the same.
    Literal(Literal),
    /// What the span says.
    Field(Field),
    /// `!`
    Not(Box<Expr>),
    /// `-`
    Negative(Box<Expr>),
    /// `… != nil`
    Exists(Box<Expr>),
    /// `… = nil`
    Absent(Box<Expr>),
    /// `&&` of at least two.
    All(Vec<Expr>),
    /// `||` of at least two.
    Any(Vec<Expr>),
    /// A comparison.
    Compare {
        /// How.
        operator: Comparison,
        /// What stands left.
        left: Box<Expr>,
        /// What stands right.
        right: Box<Expr>,
    },
    /// `=~` and `!~`
    Match {
        /// Whether it must not match.
        negated: bool,
        /// The text.
        text: Box<Expr>,
        /// What all of the text must match.
        pattern: Pattern,
    },
    /// `+`, `-`, `*`, `/`, `%`, `^`
    Arithmetic {
        /// How.
        operator: Arithmetic,
        /// What stands left.
        left: Box<Expr>,
        /// What stands right.
        right: Box<Expr>,
    },
}

/// A regular expression, compiled.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// As it was written.
    pub text: String,
    /// Compiled, anchored at both ends.
    pub regex: regex::Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// `=`, `!=`, `<` …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// `+`, `-` …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `^`
    Power,
}

/// A value as it is written in a query, and as a query answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// No value.
    Nil,
    /// `true`, `false`
    Bool(bool),
    /// `200`
    Int(i64),
    /// `1.5`
    Float(f64),
    /// `100ms`, in nanoseconds.
    Duration(i64),
    /// `"GET"`
    String(String),
    /// `error`, `ok`, `unset`
    Status(StatusCode),
    /// `server` …
    Kind(Kind),
}

/// What a span says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// What every span has.
    Intrinsic(Intrinsic),
    /// What somebody has added.
    Attribute(Scope, Key),
}

/// Where an attribute is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// `.`: on the span, its resource, its events, its links and its instrumentation scope, in this order.
    Any,
    /// `span.`
    Span,
    /// `resource.`
    Resource,
    /// `event.`
    Event,
    /// `link.`
    Link,
    /// `instrumentation.`
    Instrumentation,
    /// `parent.`: on the parent, and then as [`Scope::Any`].
    Parent,
    /// `parent.span.`
    ParentSpan,
    /// `parent.resource.`
    ParentResource,
}

/// What every span has, or can be derived for every span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Intrinsic {
    /// `name`
    Name,
    /// `duration`
    Duration,
    /// `status`
    Status,
    /// `statusMessage`
    StatusMessage,
    /// `kind`
    Kind,
    /// `span:id`
    SpanId,
    /// `span:parentID`
    ParentId,
    /// `span:childCount`
    ChildCount,
    /// `nestedSetLeft`
    NestedSetLeft,
    /// `nestedSetRight`
    NestedSetRight,
    /// `nestedSetParent`
    NestedSetParent,
    /// `parent`: nil if nothing is above the span.
    Parent,
    /// `trace:id`
    TraceId,
    /// `trace:duration`
    TraceDuration,
    /// `trace:rootName`
    RootName,
    /// `trace:rootService`
    RootService,
    /// `event:name`
    EventName,
    /// `event:timeSinceStart`
    EventTimeSinceStart,
    /// `link:traceID`
    LinkTraceId,
    /// `link:spanID`
    LinkSpanId,
    /// `instrumentation:name`
    InstrumentationName,
    /// `instrumentation:version`
    InstrumentationVersion,
}

/// Numbers over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    /// Where the series come from.
    pub source: MetricsSource,
    /// What is done with them, in order.
    pub then: Vec<SecondStage>,
}

/// Where series come from.
#[derive(Debug, Clone, PartialEq)]
pub enum MetricsSource {
    /// From spans.
    Spans(Pipeline, FirstStage),
    /// From series of both sides, point by point.
    Both(Arithmetic, Box<Metrics>, Box<Metrics>),
    /// From series and a number on their right.
    WithNumber(Arithmetic, Box<Metrics>, f64),
    /// From series and a number on their left.
    NumberWith(Arithmetic, f64, Box<Metrics>),
}

/// What is counted or computed of spans.
#[derive(Debug, Clone, PartialEq)]
pub enum FirstStage {
    /// One or more series for each combination of values of `by`.
    Over {
        /// What is computed.
        function: OverTime,
        /// The values that tell series apart.
        by: Vec<Field>,
    },
    /// How often each attribute has each value, among the spans that match and the rest.
    Compare {
        /// Which spans are the selection.
        selection: Expr,
        /// How many values an attribute may have in the answer.
        top: usize,
        /// From after when until when a span must have started to be in the selection, in nanoseconds since 1970.
        window: Option<(u64, u64)>,
    },
}

/// What is computed of the spans in a step of time.
#[derive(Debug, Clone, PartialEq)]
pub enum OverTime {
    /// Spans per second.
    Rate,
    /// Spans.
    Count,
    /// The least value.
    Min(Field),
    /// The greatest value.
    Max(Field),
    /// The mean.
    Avg(Field),
    /// The sum.
    Sum(Field),
    /// Quantiles.
    Quantile(Field, Vec<f64>),
    /// Spans by power of two of a value.
    Histogram(Field),
}

/// What is done with series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SecondStage {
    /// At each time only the greatest.
    TopK(usize),
    /// At each time only the least.
    BottomK(usize),
    /// Only points that compare so.
    Filter(Comparison, f64),
}
