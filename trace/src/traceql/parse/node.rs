//! Pipelines, and what their stages are made of: spans, numbers of spansets, and series.
//!
//! Brackets can hold any of the three, and the same signs stand between them, so that what an operator means follows
//! from what is on its left.

use super::super::error::QueryError;
use super::super::evaluate::reckon;
use super::super::lexer::TokenKind;
use super::super::syntax::{
    Arithmetic, Comparison, Field, FirstStage, Literal, Metrics, MetricsSource, Pipeline, Scalar,
    ScalarFilter, SpansetExpression, SpansetOperator, Stage,
};
use super::super::types::Type;
use super::super::words::{self, AGGREGATES, ARITHMETIC, COMPARISONS, METRICS, SPANSET_OPERATORS, STAGES};
use super::{Parser, level};

/// What a part of a pipeline comes to.
pub(super) enum Node {
    Spans(SpansetExpression),
    Scalar(Scalar),
    Filter(ScalarFilter),
    Metrics(Metrics),
}

/// Each `by(…)` splits what those before it have split, and notes of each part why: without a bound a query of a few kilobytes would
/// take memory as it pleases.
const MOST_STAGES: usize = 32;

/// A node, how deep it nests, and where it stands.
pub(super) struct Part {
    pub node: Node,
    depth: usize,
    pub offset: usize,
    pub length: usize,
}

impl Parser<'_> {
    /// Stages separated by `|`. A single stage of spans, numbers or series is given back as what it is.
    pub(super) fn pipeline(&mut self) -> Result<Part, QueryError> {
        self.enter()?;
        let offset = self.peek().offset;
        let mut stages = Vec::new();
        let mut depth = 0;
        let node = loop {
            match self.next_word().map(str::to_owned).as_deref() {
                Some(word) if METRICS.contains(&word) => {
                    if stages.is_empty() {
                        return Err(self
                            .error(format!("`{word}` needs spans before it"))
                            .help(format!("write `{{ }} | {word}(…)`")));
                    }
                    let first = self.first_stage(word)?;
                    break Node::Metrics(Metrics {
                        source: MetricsSource::Spans(Pipeline { stages }, first),
                        then: Vec::new(),
                    });
                }
                Some(word @ ("by" | "coalesce" | "select" | "topk" | "bottomk")) => {
                    stages.push(self.named_stage(word, stages.is_empty())?);
                }
                Some(word) if !STAGES.contains(&word) => return Err(self.unknown_stage(word)),
                _ => {
                    let part = self.node(level::LOGIC)?;
                    depth = depth.max(part.depth);
                    let alone = stages.is_empty() && self.sign() != Some("|");
                    match part.node {
                        Node::Filter(filter) => stages.push(Stage::Scalars(filter)),
                        Node::Spans(spans) if alone => break Node::Spans(spans),
                        Node::Spans(spans) => stages.push(Stage::Spans(spans)),
                        Node::Metrics(metrics) if stages.is_empty() => break Node::Metrics(metrics),
                        Node::Scalar(scalar) if alone && self.depth > 1 => break Node::Scalar(scalar),
                        Node::Scalar(_) | Node::Metrics(_) => {
                            let length = self.passed().saturating_sub(part.offset);
                            return Err(QueryError::at(
                                self.query,
                                part.offset,
                                length,
                                "a stage lets spans through, and this does not say which",
                            )
                            .help("compare the number: `{ } | count() > 2`"));
                        }
                    }
                }
            }
            if stages.len() > MOST_STAGES {
                return Err(self
                    .error(format!("the pipeline has more than {MOST_STAGES} stages"))
                    .help("ask for less at once"));
            }
            if !self.takes("|") {
                break Node::Spans(SpansetExpression::Pipeline(Pipeline { stages }));
            }
        };
        let node = match node {
            Node::Metrics(mut metrics) => {
                metrics.then.extend(self.second_stages()?);
                self.check_compare(&metrics)?;
                Node::Metrics(metrics)
            }
            other => other,
        };
        self.depth -= 1;
        Ok(Part {
            node,
            depth: self.bounded(depth + 1)?,
            offset,
            length: self.passed().saturating_sub(offset),
        })
    }

    fn named_stage(&mut self, word: &str, first: bool) -> Result<Stage, QueryError> {
        match word {
            "by" => {
                self.advance();
                Ok(Stage::By(self.argument("by", false)?))
            }
            "select" => {
                self.advance();
                Ok(Stage::Select(self.fields()?))
            }
            "coalesce" if !first => {
                self.advance();
                self.expect("(")?;
                self.expect(")")?;
                Ok(Stage::Coalesce)
            }
            "coalesce" => Err(self
                .error("`coalesce` needs a stage before it")
                .help("write `{ } | by(name) | coalesce()`")),
            _ => Err(self.error(format!("`{word}` needs series")).help(format!(
                "put it after a function of metrics: `{{ }} | rate() by (name) | {word}(5)`"
            ))),
        }
    }

    /// Operands joined by operators that bind at least as tightly as `least`.
    pub(super) fn node(&mut self, least: u8) -> Result<Part, QueryError> {
        self.enter()?;
        let mut left = self.node_operand()?;
        while let Some(sign) = self.sign() {
            let Some(level) = level_of(sign, &left.node).filter(|level| *level >= least) else {
                break;
            };
            let at = self.advance();
            let right = self.node(if level == level::POWER { level } else { level + 1 })?;
            let depth = self.bounded(left.depth.max(right.depth) + 1)?;
            let (offset, right_offset) = (left.offset, right.offset);
            let node = combined(sign, left.node, right.node).map_err(|wrong| {
                let (offset, length) = match wrong {
                    Wrong::Right(_) => (right_offset, self.passed().saturating_sub(right_offset)),
                    Wrong::Operator(_) => (at.offset, at.length),
                };
                let (Wrong::Right((message, help)) | Wrong::Operator((message, help))) = wrong;
                QueryError::at(self.query, offset, length, message).help(help)
            })?;
            left = Part {
                node,
                depth,
                offset,
                length: self.passed() - offset,
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn node_operand(&mut self) -> Result<Part, QueryError> {
        let offset = self.peek().offset;
        let mut depth = 1;
        let node = match self.peek().kind.clone() {
            TokenKind::Sign("{") => Node::Spans(SpansetExpression::Filter(self.filter()?)),
            TokenKind::Sign("(") => {
                self.advance();
                let inner = self.pipeline()?;
                self.expect(")")?;
                depth = inner.depth;
                inner.node
            }
            TokenKind::Sign("-") => {
                self.advance();
                let inner = self.node(level::POWER + 1)?;
                let Node::Scalar(Scalar::Literal(literal)) = &inner.node else {
                    return Err(QueryError::at(
                        self.query,
                        inner.offset,
                        inner.length,
                        "`-` needs a number here",
                    ));
                };
                let zero = Literal::Int(0);
                let negative = fold(Arithmetic::Subtract, &zero, literal).or(match literal {
                    Literal::Duration(number) => number.checked_neg().map(Literal::Duration),
                    _ => None,
                });
                Node::Scalar(Scalar::Literal(negative.ok_or_else(|| {
                    QueryError::at(
                        self.query,
                        inner.offset,
                        inner.length,
                        "this number is out of range",
                    )
                })?))
            }
            TokenKind::Int(_) | TokenKind::Float(_) | TokenKind::Duration(_) => {
                Node::Scalar(Scalar::Literal(self.literal()?))
            }
            TokenKind::Word(word) if word == "count" => {
                self.advance();
                self.expect("(")?;
                self.expect(")")?;
                Node::Scalar(Scalar::Count)
            }
            TokenKind::Word(word) => match words::meaning(AGGREGATES, &word) {
                Some(aggregate) => {
                    self.advance();
                    Node::Scalar(Scalar::Aggregate(aggregate, self.argument(&word, true)?))
                }
                None => return Err(self.unknown_stage(&word)),
            },
            _ => return Err(self.expected("`{`, `(` or a function")),
        };
        Ok(Part {
            node,
            depth,
            offset,
            length: self.passed() - offset,
        })
    }

    /// `(field, …)`
    pub(super) fn fields(&mut self) -> Result<Vec<Field>, QueryError> {
        self.expect("(")?;
        let mut fields = vec![self.field()?];
        while self.takes(",") {
            fields.push(self.field()?);
        }
        self.expect(")")?;
        Ok(fields)
    }
}

/// How tightly an operator binds after what stands left of it; none if it cannot follow.
fn level_of(sign: &str, left: &Node) -> Option<u8> {
    let arithmetic = words::meaning(ARITHMETIC, sign).map(level::of);
    match left {
        Node::Spans(_) => words::meaning(SPANSET_OPERATORS, sign).map(|operator| match operator {
            SpansetOperator::And | SpansetOperator::Or => level::LOGIC,
            SpansetOperator::Related(..) => level::COMPARISON,
        }),
        Node::Scalar(_) => arithmetic.or(words::meaning(COMPARISONS, sign).map(|_| level::COMPARISON)),
        Node::Metrics(_) => arithmetic,
        Node::Filter(_) => matches!(sign, "&&" | "||").then_some(level::LOGIC),
    }
}

/// What is wrong with an operator, or with what stands right of it, and what to write.
enum Wrong {
    Operator((String, &'static str)),
    Right((String, &'static str)),
}

fn combined(sign: &str, left: Node, right: Node) -> Result<Node, Wrong> {
    let wrong = |expected: &str, help| {
        Err(Wrong::Right((
            format!("{expected} is expected right of `{sign}`"),
            help,
        )))
    };
    if [&left, &right]
        .iter()
        .any(|node| matches!(node, Node::Metrics(metrics) if is_compare(metrics)))
    {
        return Err(Wrong::Operator((
            "`compare(…)` cannot be reckoned with".into(),
            "use it alone",
        )));
    }
    match (left, right) {
        (Node::Spans(left), Node::Spans(right)) => match words::meaning(SPANSET_OPERATORS, sign) {
            Some(operator) => Ok(Node::Spans(SpansetExpression::Combined {
                operator,
                left: Box::new(left),
                right: Box::new(right),
            })),
            None => wrong("nothing", ""),
        },
        (Node::Spans(_), _) => wrong("a set of spans", "write it in braces: `{ status = error }`"),
        (Node::Scalar(left), Node::Scalar(right)) => scalars(sign, left, right),
        (Node::Scalar(Scalar::Literal(left)), Node::Metrics(right)) => {
            let (operator, number) = (series_operator(sign)?, plain_number(&left)?);
            Ok(series(MetricsSource::NumberWith(
                operator,
                number,
                Box::new(right),
            )))
        }
        (Node::Metrics(left), Node::Scalar(Scalar::Literal(right))) => {
            let (operator, number) = (series_operator(sign)?, plain_number(&right)?);
            Ok(series(MetricsSource::WithNumber(
                operator,
                Box::new(left),
                number,
            )))
        }
        (Node::Metrics(left), Node::Metrics(right)) => Ok(series(MetricsSource::Both(
            series_operator(sign)?,
            Box::new(left),
            Box::new(right),
        ))),
        (Node::Metrics(_), _) => wrong("a number, or series in brackets,", "write `({ } | rate()) * 60`"),
        (Node::Scalar(_), _) => wrong("a number", "write `{ } | count() > 2`"),
        (Node::Filter(_), _) => Err(Wrong::Operator((
            format!("`{sign}` joins sets of spans, and numbers are compared in a stage of their own"),
            "write `| count() > 2 | max(duration) > 1s`",
        ))),
    }
}

fn series(source: MetricsSource) -> Node {
    Node::Metrics(Metrics {
        source,
        then: Vec::new(),
    })
}

pub(super) fn is_compare(metrics: &Metrics) -> bool {
    matches!(
        &metrics.source,
        MetricsSource::Spans(_, FirstStage::Compare { .. })
    )
}

fn series_operator(sign: &str) -> Result<Arithmetic, Wrong> {
    words::meaning(ARITHMETIC, sign)
        .filter(|operator| !matches!(operator, Arithmetic::Remainder | Arithmetic::Power))
        .ok_or_else(|| {
            let message = format!("series cannot be combined by `{sign}`");
            Wrong::Operator((message, "write `+`, `-`, `*` or `/`"))
        })
}

fn plain_number(literal: &Literal) -> Result<f64, Wrong> {
    match literal {
        Literal::Int(number) => Ok(*number as f64),
        Literal::Float(number) => Ok(*number),
        _ => Err(Wrong::Operator((
            "series are reckoned with plain numbers".into(),
            "write seconds: `1.5`",
        ))),
    }
}

fn scalars(sign: &str, left: Scalar, right: Scalar) -> Result<Node, Wrong> {
    let (of_left, of_right) = (Type::of_scalar(&left), Type::of_scalar(&right));
    if !of_left.goes_with(of_right) {
        let message = format!("{} cannot be compared with {}", of_left.name(), of_right.name());
        return Err(Wrong::Right((message, of_left.example())));
    }
    if let Some(operator) = words::meaning(COMPARISONS, sign) {
        if let (Scalar::Literal(_), Scalar::Literal(_)) = (&left, &right) {
            return Err(Wrong::Operator((
                "two fixed numbers are compared here".into(),
                "compare `count()`, `avg(…)`, `min(…)`, `max(…)` or `sum(…)`",
            )));
        }
        return Ok(Node::Filter(ScalarFilter {
            operator,
            left,
            right,
        }));
    }
    let Some(operator) = words::meaning(ARITHMETIC, sign) else {
        return Err(Wrong::Operator((format!("`{sign}` does not join numbers"), "")));
    };
    if let (Scalar::Literal(left), Scalar::Literal(right)) = (&left, &right)
        && let Some(folded) = fold(operator, left, right)
    {
        return Ok(Node::Scalar(Scalar::Literal(folded)));
    }
    Ok(Node::Scalar(Scalar::Arithmetic {
        operator,
        left: Box::new(left),
        right: Box::new(right),
    }))
}

/// Reckons with two fixed plain numbers; whole numbers stay whole, so that `1 / 2` is 0.
fn fold(operator: Arithmetic, left: &Literal, right: &Literal) -> Option<Literal> {
    use Literal::{Float, Int};
    match (left, right) {
        (Int(left), Int(right)) => match operator {
            Arithmetic::Add => left.checked_add(*right),
            Arithmetic::Subtract => left.checked_sub(*right),
            Arithmetic::Multiply => left.checked_mul(*right),
            Arithmetic::Divide => left.checked_div(*right),
            Arithmetic::Remainder => left.checked_rem(*right),
            Arithmetic::Power => left.checked_pow(u32::try_from(*right).ok()?),
        }
        .map(Int),
        (Int(left), Float(right)) => floats(operator, *left as f64, *right),
        (Float(left), Int(right)) => floats(operator, *left, *right as f64),
        (Float(left), Float(right)) => floats(operator, *left, *right),
        _ => None,
    }
}

/// Reckons with floating point numbers, if the result is one that can be written.
fn floats(operator: Arithmetic, left: f64, right: f64) -> Option<Literal> {
    Some(reckon(operator, left, right))
        .filter(|number| number.is_finite())
        .map(Literal::Float)
}

/// The comparison that a sign stands for.
pub(super) fn comparison(sign: Option<&str>) -> Option<Comparison> {
    words::meaning(COMPARISONS, sign?)
}
