//! A query written back: what it is read into, it is written as, and read again it is the same.

use std::fmt::{self, Display, Formatter, Write as _};

use super::lexer::is_part_of_name;
use super::syntax::{
    Expr, Expression, Field, FirstStage, Hint, Intrinsic, Literal, Metrics, MetricsSource, OverTime,
    Pipeline, Scalar, ScalarFilter, Scope, SecondStage, SpansetExpression, Stage,
};
use super::words::{
    self, AGGREGATES, ARITHMETIC, COMPARISONS, INTRINSICS, SCOPES, SPANSET_OPERATORS, VALUES,
};

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Search(pipeline) => pipeline.fmt(f),
            Self::Metrics(metrics) => metrics.fmt(f),
        }
    }
}

impl Display for Hint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value)
    }
}

fn joined<T: Display>(f: &mut Formatter<'_>, parts: &[T], separator: &str) -> fmt::Result {
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            f.write_str(separator)?;
        }
        part.fmt(f)?;
    }
    Ok(())
}

impl Display for Pipeline {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        joined(f, &self.stages, " | ")
    }
}

impl Display for Stage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spans(spans) => spans.fmt(f),
            Self::Scalars(filter) => filter.fmt(f),
            Self::By(expr) => write!(f, "by({expr})"),
            Self::Coalesce => f.write_str("coalesce()"),
            Self::Select(fields) => {
                f.write_str("select(")?;
                joined(f, fields, ", ")?;
                f.write_str(")")
            }
        }
    }
}

impl Display for SpansetExpression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let side = |f: &mut Formatter<'_>, side: &Self| match side {
            Self::Combined { .. } => write!(f, "({side})"),
            _ => side.fmt(f),
        };
        match self {
            Self::Filter(Expr::Literal(Literal::Bool(true))) => f.write_str("{ }"),
            Self::Filter(expr) => write!(f, "{{ {expr} }}"),
            Self::Pipeline(pipeline) => write!(f, "({pipeline})"),
            Self::Combined {
                operator,
                left,
                right,
            } => {
                side(f, left)?;
                write!(f, " {} ", words::written(SPANSET_OPERATORS, operator))?;
                side(f, right)
            }
        }
    }
}

impl Display for ScalarFilter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {}",
            self.left,
            words::written(COMPARISONS, &self.operator),
            self.right
        )
    }
}

impl Display for Scalar {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let side = |f: &mut Formatter<'_>, side: &Self| match side {
            Self::Arithmetic { .. } => write!(f, "({side})"),
            _ => side.fmt(f),
        };
        match self {
            Self::Literal(literal) => literal.fmt(f),
            Self::Count => f.write_str("count()"),
            Self::Aggregate(aggregate, expr) => {
                write!(f, "{}({expr})", words::written(AGGREGATES, aggregate))
            }
            Self::Arithmetic {
                operator,
                left,
                right,
            } => {
                side(f, left)?;
                write!(f, " {} ", words::written(ARITHMETIC, operator))?;
                side(f, right)
            }
        }
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // Whatever has an operator goes in brackets when it is part of something.
        let side = |f: &mut Formatter<'_>, side: &Self| match side {
            Self::Literal(_) | Self::Field(_) => side.fmt(f),
            _ => write!(f, "({side})"),
        };
        let list = |f: &mut Formatter<'_>, parts: &[Self], sign: &str| {
            for (position, part) in parts.iter().enumerate() {
                if position > 0 {
                    write!(f, " {sign} ")?;
                }
                side(f, part)?;
            }
            Ok(())
        };
        match self {
            Self::Literal(literal) => literal.fmt(f),
            Self::Field(field) => field.fmt(f),
            Self::Not(inner) => {
                f.write_str("!")?;
                side(f, inner)
            }
            Self::Negative(inner) => {
                f.write_str("-")?;
                side(f, inner)
            }
            Self::Exists(inner) => {
                side(f, inner)?;
                f.write_str(" != nil")
            }
            Self::Absent(inner) => {
                side(f, inner)?;
                f.write_str(" = nil")
            }
            Self::All(parts) => list(f, parts, "&&"),
            Self::Any(parts) => list(f, parts, "||"),
            Self::Compare {
                operator,
                left,
                right,
            } => {
                side(f, left)?;
                write!(f, " {} ", words::written(COMPARISONS, operator))?;
                side(f, right)
            }
            Self::Match {
                negated,
                text,
                pattern,
            } => {
                side(f, text)?;
                f.write_str(if *negated { " !~ " } else { " =~ " })?;
                quoted(f, &pattern.text)
            }
            Self::Arithmetic {
                operator,
                left,
                right,
            } => {
                // `-` binds less tightly than `*`, so that a negative number is not an operand by itself.
                let side = |f: &mut Formatter<'_>, part: &Self| match part {
                    Self::Literal(Literal::Int(..0) | Literal::Duration(..0)) => write!(f, "({part})"),
                    Self::Literal(Literal::Float(number)) if number.is_sign_negative() => {
                        write!(f, "({part})")
                    }
                    _ => side(f, part),
                };
                side(f, left)?;
                write!(f, " {} ", words::written(ARITHMETIC, operator))?;
                side(f, right)
            }
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) if *number != i64::MIN => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Duration(nanoseconds) => duration(f, *nanoseconds),
            Self::String(text) => quoted(f, text),
            word => match words::written(VALUES, word) {
                // A status or a kind that nobody has named yet.
                "" => match word {
                    Self::Status(status) => status.fmt(f),
                    Self::Kind(kind) => kind.fmt(f),
                    _ => Ok(()),
                },
                word => f.write_str(word),
            },
        }
    }
}

/// In the largest unit that divides it.
fn duration(f: &mut Formatter<'_>, nanoseconds: i64) -> fmt::Result {
    const UNITS: [(i64, &str); 6] = [
        (3_600_000_000_000, "h"),
        (60_000_000_000, "m"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "us"),
        (1, "ns"),
    ];
    let (size, unit) = UNITS
        .into_iter()
        .find(|(size, _)| nanoseconds != 0 && nanoseconds % size == 0)
        .unwrap_or((1, "ns"));
    write!(f, "{}{unit}", nanoseconds / size)
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for letter in text.chars() {
        match letter {
            '"' | '\\' => write!(f, "\\{letter}")?,
            '\n' => f.write_str("\\n")?,
            letter if letter.is_control() => write!(f, "\\u{:04x}", u32::from(letter))?,
            letter => f.write_char(letter)?,
        }
    }
    f.write_str("\"")
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Intrinsic(intrinsic) => intrinsic.fmt(f),
            Self::Attribute(scope, key) => {
                let key = key.text();
                write!(f, "{}.", words::written(SCOPES, scope))?;
                let begins_otherwise = key.starts_with(|letter: char| letter.is_ascii_digit())
                    || (*scope == Scope::Parent
                        && (key.starts_with("span.") || key.starts_with("resource.")));
                if key.chars().all(is_part_of_name) && !begins_otherwise {
                    return f.write_str(key);
                }
                f.write_str("\"")?;
                for letter in key.chars() {
                    if matches!(letter, '"' | '\\') {
                        f.write_str("\\")?;
                    }
                    f.write_char(letter)?;
                }
                f.write_str("\"")
            }
        }
    }
}

impl Display for Intrinsic {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match INTRINSICS.iter().find(|(.., intrinsic)| intrinsic == self) {
            Some(("", name, _)) => f.write_str(name),
            Some((scope, name, _)) => write!(f, "{scope}:{name}"),
            None => Ok(()),
        }
    }
}

impl Display for Metrics {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.source {
            MetricsSource::Spans(pipeline, first) => write!(f, "{pipeline} | {first}")?,
            MetricsSource::Both(operator, left, right) => {
                write!(f, "({left}) {} ({right})", words::written(ARITHMETIC, operator))?;
            }
            MetricsSource::WithNumber(operator, inner, number) => {
                write!(f, "({inner}) {} {number:?}", words::written(ARITHMETIC, operator))?;
            }
            MetricsSource::NumberWith(operator, number, inner) => {
                write!(f, "{number:?} {} ({inner})", words::written(ARITHMETIC, operator))?;
            }
        }
        for stage in &self.then {
            match stage {
                SecondStage::TopK(count) => write!(f, " | topk({count})")?,
                SecondStage::BottomK(count) => write!(f, " | bottomk({count})")?,
                SecondStage::Filter(operator, number) => {
                    write!(f, " {} {number:?}", words::written(COMPARISONS, operator))?;
                }
            }
        }
        Ok(())
    }
}

impl Display for FirstStage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Over { function, by } => {
                function.fmt(f)?;
                if !by.is_empty() {
                    f.write_str(" by (")?;
                    joined(f, by, ", ")?;
                    f.write_str(")")?;
                }
                Ok(())
            }
            Self::Compare {
                selection,
                top,
                window,
            } => {
                write!(
                    f,
                    "compare({}, {top}",
                    SpansetExpression::Filter(selection.clone())
                )?;
                if let Some((from, until)) = window {
                    write!(f, ", {from}, {until}")?;
                }
                f.write_str(")")
            }
        }
    }
}

impl Display for OverTime {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate => f.write_str("rate()"),
            Self::Count => f.write_str("count_over_time()"),
            Self::Min(field) => write!(f, "min_over_time({field})"),
            Self::Max(field) => write!(f, "max_over_time({field})"),
            Self::Avg(field) => write!(f, "avg_over_time({field})"),
            Self::Sum(field) => write!(f, "sum_over_time({field})"),
            Self::Histogram(field) => write!(f, "histogram_over_time({field})"),
            Self::Quantile(field, quantiles) => {
                write!(f, "quantile_over_time({field}")?;
                for quantile in quantiles {
                    write!(f, ", {quantile:?}")?;
                }
                f.write_str(")")
            }
        }
    }
}
