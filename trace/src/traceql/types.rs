//! Of what type an expression is, as far as that is known before any span is seen, and what may be combined with what.

use super::syntax::{Expr, Field, Intrinsic, Literal, Scalar};

/// The type of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// An attribute's, which each span decides.
    Any,
    Nil,
    Bool,
    Int,
    Float,
    Duration,
    String,
    Status,
    Kind,
}

impl Type {
    pub fn of_literal(literal: &Literal) -> Self {
        match literal {
            Literal::Nil => Self::Nil,
            Literal::Bool(_) => Self::Bool,
            Literal::Int(_) => Self::Int,
            Literal::Float(_) => Self::Float,
            Literal::Duration(_) => Self::Duration,
            Literal::String(_) => Self::String,
            Literal::Status(_) => Self::Status,
            Literal::Kind(_) => Self::Kind,
        }
    }

    pub fn of_field(field: &Field) -> Self {
        let Field::Intrinsic(intrinsic) = field else {
            return Self::Any;
        };
        match intrinsic {
            Intrinsic::Duration | Intrinsic::TraceDuration | Intrinsic::EventTimeSinceStart => Self::Duration,
            Intrinsic::Status => Self::Status,
            Intrinsic::Kind => Self::Kind,
            Intrinsic::ChildCount
            | Intrinsic::NestedSetLeft
            | Intrinsic::NestedSetRight
            | Intrinsic::NestedSetParent => Self::Int,
            Intrinsic::Parent => Self::Nil,
            _ => Self::String,
        }
    }

    pub fn of(expr: &Expr) -> Self {
        match expr {
            Expr::Literal(literal) => Self::of_literal(literal),
            Expr::Field(field) => Self::of_field(field),
            Expr::Negative(inner) => Self::of(inner),
            Expr::Arithmetic { left, right, .. } => match Self::of(left) {
                Self::Any => Self::of(right),
                known => known,
            },
            _ => Self::Bool,
        }
    }

    pub fn of_scalar(scalar: &Scalar) -> Self {
        match scalar {
            Scalar::Literal(literal) => Self::of_literal(literal),
            Scalar::Count => Self::Int,
            Scalar::Aggregate(_, expr) => Self::of(expr),
            Scalar::Arithmetic { left, right, .. } => match Self::of_scalar(left) {
                Self::Any => Self::of_scalar(right),
                known => known,
            },
        }
    }

    pub fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::Duration)
    }

    /// Whether two values of these types can stand on both sides of an operator.
    pub fn goes_with(self, other: Self) -> bool {
        self == other
            || (self.is_number() && other.is_number())
            || [self, other].iter().any(|it| matches!(it, Self::Any | Self::Nil))
    }

    /// Whether one can be less than another.
    pub fn is_ordered(self) -> bool {
        self.is_number() || matches!(self, Self::Any | Self::String)
    }

    /// With its article.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "an attribute",
            Self::Nil => "nil",
            Self::Bool => "a boolean",
            Self::Int | Self::Float => "a number",
            Self::Duration => "a duration",
            Self::String => "text",
            Self::Status => "a status",
            Self::Kind => "a kind",
        }
    }

    /// How one is written.
    pub fn example(self) -> &'static str {
        match self {
            Self::Any | Self::Nil => "",
            Self::Bool => "write `true` or `false`",
            Self::Int | Self::Float => "write a number such as `200`",
            Self::Duration => "write a duration such as `100ms`",
            Self::String => "write text in double quotes, such as `\"GET\"`",
            Self::Status => "write `error`, `ok` or `unset`, without quotes",
            Self::Kind => {
                "write `server`, `client`, `internal`, `producer`, `consumer` or `unspecified`, without quotes"
            }
        }
    }
}

/// Whether an expression says anything of the span, and is not the same for all.
pub(super) fn speaks_of_span(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(_) => false,
        Expr::Field(_) => true,
        Expr::Not(inner) | Expr::Negative(inner) | Expr::Exists(inner) | Expr::Absent(inner) => {
            speaks_of_span(inner)
        }
        Expr::All(parts) | Expr::Any(parts) => parts.iter().any(speaks_of_span),
        Expr::Compare { left, right, .. } | Expr::Arithmetic { left, right, .. } => {
            speaks_of_span(left) || speaks_of_span(right)
        }
        Expr::Match { text, .. } => speaks_of_span(text),
    }
}
