//! Values of a span as a query sees them, and how they compare and reckon.

use std::cmp::Ordering;

use super::super::syntax::{Arithmetic, Comparison, Literal};
use crate::id::hex;
use crate::model::{Kind, StatusCode};
use crate::view::{ArrayRef, ValueRef};

/// A value, borrowed where it can be.
#[derive(Debug, Clone, Copy)]
pub enum Val<'a> {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Duration(i64),
    Text(&'a str),
    /// An identifier in hex.
    Hex(Hex),
    Status(StatusCode),
    Kind(Kind),
    Array(ArrayRef<'a>),
    /// It is there, and nothing else can be said.
    Opaque,
}

/// An identifier in hex, without a place on the heap.
#[derive(Debug, Clone, Copy)]
pub struct Hex {
    digits: [u8; 32],
    length: usize,
}

impl Hex {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.digits[..self.length]).unwrap_or_default()
    }
}

impl<'a> Val<'a> {
    /// An identifier.
    pub fn id(bytes: &[u8]) -> Self {
        let mut id = Hex {
            digits: [0; 32],
            length: (bytes.len() * 2).min(32),
        };
        hex(bytes, &mut id.digits[..id.length]);
        Self::Hex(id)
    }

    /// Nanoseconds; what is longer than 292 years counts as that.
    pub fn nanoseconds(duration: u64) -> Self {
        Self::Duration(i64::try_from(duration).unwrap_or(i64::MAX))
    }

    pub fn literal(literal: &'a Literal) -> Self {
        match literal {
            Literal::Nil => Self::Nil,
            Literal::Bool(truth) => Self::Bool(*truth),
            Literal::Int(number) => Self::Int(*number),
            Literal::Float(number) => Self::Float(*number),
            Literal::Duration(duration) => Self::Duration(*duration),
            Literal::String(text) => Self::Text(text),
            Literal::Status(status) => Self::Status(*status),
            Literal::Kind(kind) => Self::Kind(*kind),
        }
    }

    /// A copy of it for keeping; arrays as text, what is opaque as nil.
    pub fn to_literal(self) -> Literal {
        match self {
            Self::Nil | Self::Opaque => Literal::Nil,
            Self::Bool(truth) => Literal::Bool(truth),
            Self::Int(number) => Literal::Int(number),
            Self::Float(number) => Literal::Float(number),
            Self::Duration(duration) => Literal::Duration(duration),
            Self::Text(text) => Literal::String(text.to_owned()),
            Self::Hex(id) => Literal::String(id.as_str().to_owned()),
            Self::Status(status) => Literal::Status(status),
            Self::Kind(kind) => Literal::Kind(kind),
            Self::Array(array) => Literal::String(ValueRef::Array(array).to_value().to_string()),
        }
    }

    pub fn is_nil(self) -> bool {
        matches!(self, Self::Nil)
    }

    pub fn is_true(self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// The number, durations in nanoseconds.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Int(number) | Self::Duration(number) => Some(number as f64),
            Self::Float(number) => Some(number),
            _ => None,
        }
    }

    /// Appends bytes that are the same for equal values of one type, and only for these.
    pub fn write_key(self, key: &mut Vec<u8>) {
        let mut push = |tag: u8, bytes: &[u8]| {
            key.push(tag);
            key.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            key.extend_from_slice(bytes);
        };
        match self {
            Self::Nil | Self::Opaque => push(0, &[]),
            Self::Bool(truth) => push(1, &[u8::from(truth)]),
            Self::Int(number) => push(2, &number.to_le_bytes()),
            Self::Float(number) => push(3, &number.to_bits().to_le_bytes()),
            Self::Duration(duration) => push(4, &duration.to_le_bytes()),
            Self::Text(text) => push(5, text.as_bytes()),
            Self::Hex(id) => push(5, id.as_str().as_bytes()),
            Self::Status(status) => push(6, &status.0.to_le_bytes()),
            Self::Kind(kind) => push(7, &kind.0.to_le_bytes()),
            Self::Array(_) => {
                let Literal::String(text) = self.to_literal() else {
                    return;
                };
                push(8, text.as_bytes());
            }
        }
    }
}

impl<'a> From<ValueRef<'a>> for Val<'a> {
    fn from(value: ValueRef<'a>) -> Self {
        match value {
            ValueRef::Empty => Self::Nil,
            ValueRef::String(text) => Self::Text(text),
            ValueRef::Bool(truth) => Self::Bool(truth),
            ValueRef::Int(number) => Self::Int(number),
            ValueRef::Double(number) => Self::Float(number),
            ValueRef::Array(array) => Self::Array(array),
            ValueRef::Opaque => Self::Opaque,
        }
    }
}

/// Whether a comparison holds. With an array it holds if it does for any value in it, `!=` as well. What
/// is absent, and what is of another type, compares with nothing, not even by `!=`.
pub fn compares(operator: Comparison, left: Val<'_>, right: Val<'_>) -> bool {
    match (left, right) {
        (Val::Array(_), Val::Array(_)) => false,
        (Val::Array(array), _) => any(array, |item| compares(operator, item, right)),
        (_, Val::Array(array)) => any(array, |item| compares(operator, left, item)),
        _ => match (operator, order(left, right)) {
            (_, Compared::Not) => false,
            (Comparison::Equal, compared) => compared == Compared::Ordered(Ordering::Equal),
            (Comparison::NotEqual, compared) => compared != Compared::Ordered(Ordering::Equal),
            (Comparison::Less, Compared::Ordered(order)) => order.is_lt(),
            (Comparison::LessOrEqual, Compared::Ordered(order)) => order.is_le(),
            (Comparison::Greater, Compared::Ordered(order)) => order.is_gt(),
            (Comparison::GreaterOrEqual, Compared::Ordered(order)) => order.is_ge(),
            (_, Compared::Unequal) => false,
        },
    }
}

fn any<'a>(array: ArrayRef<'a>, holds: impl FnMut(Val<'a>) -> bool) -> bool {
    let items = array.iter().map(Val::from);
    items.filter(|item| !matches!(item, Val::Array(_))).any(holds)
}

/// Whether a pattern matches; arrays as in [`compares`].
pub fn matches(regex: &regex::Regex, negated: bool, text: Val<'_>) -> bool {
    match text {
        Val::Text(text) => regex.is_match(text) != negated,
        Val::Hex(id) => regex.is_match(id.as_str()) != negated,
        Val::Array(array) => any(array, |item| matches(regex, negated, item)),
        _ => false,
    }
}

#[derive(PartialEq)]
enum Compared {
    /// They are of types that have nothing in common.
    Not,
    Ordered(Ordering),
    /// Neither is less, as with NaN.
    Unequal,
}

fn order(left: Val<'_>, right: Val<'_>) -> Compared {
    let equal = |same: bool| {
        if same {
            Compared::Ordered(Ordering::Equal)
        } else {
            Compared::Unequal
        }
    };
    match (left, right) {
        (Val::Text(left), Val::Text(right)) => Compared::Ordered(left.cmp(right)),
        (Val::Hex(left), Val::Text(right)) => Compared::Ordered(left.as_str().cmp(right)),
        (Val::Text(left), Val::Hex(right)) => Compared::Ordered(left.cmp(right.as_str())),
        (Val::Hex(left), Val::Hex(right)) => Compared::Ordered(left.as_str().cmp(right.as_str())),
        (Val::Int(left) | Val::Duration(left), Val::Int(right) | Val::Duration(right)) => {
            Compared::Ordered(left.cmp(&right))
        }
        (Val::Bool(left), Val::Bool(right)) => equal(left == right),
        (Val::Status(left), Val::Status(right)) => equal(left == right),
        (Val::Kind(left), Val::Kind(right)) => equal(left == right),
        _ => match (left.number(), right.number()) {
            (Some(left), Some(right)) => left
                .partial_cmp(&right)
                .map_or(Compared::Unequal, Compared::Ordered),
            _ => Compared::Not,
        },
    }
}

/// Reckons. Whole numbers stay whole as long as they fit; a duration with anything gives plain nanoseconds. Division of
/// whole numbers by zero gives nothing.
pub fn arithmetic<'a>(operator: Arithmetic, left: Val<'_>, right: Val<'_>) -> Val<'a> {
    if let (Val::Int(left), Val::Int(right)) = (left, right) {
        let whole = match operator {
            Arithmetic::Add => left.checked_add(right),
            Arithmetic::Subtract => left.checked_sub(right),
            Arithmetic::Multiply => left.checked_mul(right),
            Arithmetic::Divide | Arithmetic::Remainder if right == 0 => return Val::Nil,
            Arithmetic::Divide => left.checked_div(right),
            Arithmetic::Remainder => left.checked_rem(right),
            Arithmetic::Power => u32::try_from(right)
                .ok()
                .and_then(|right| left.checked_pow(right)),
        };
        if let Some(whole) = whole {
            return Val::Int(whole);
        }
    }
    match (left.number(), right.number()) {
        (Some(left), Some(right)) => Val::Float(reckon(operator, left, right)),
        _ => Val::Nil,
    }
}

/// Reckons with floating point numbers.
pub fn reckon(operator: Arithmetic, left: f64, right: f64) -> f64 {
    match operator {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => left / right,
        Arithmetic::Remainder => left % right,
        Arithmetic::Power => left.powf(right),
    }
}

/// The opposite of a number.
pub fn negative<'a>(value: Val<'_>) -> Val<'a> {
    match value {
        Val::Int(number) => number
            .checked_neg()
            .map_or(Val::Float(-(number as f64)), Val::Int),
        Val::Duration(number) => Val::Duration(number.saturating_neg()),
        Val::Float(number) => Val::Float(-number),
        _ => Val::Nil,
    }
}
