//! A value, borrowed from wherever it is kept.

use crate::model::Value;
use crate::otlp::scan::fields::{Content, Fields};

/// An attribute's value in place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValueRef<'a> {
    /// No value.
    Empty,
    /// Text.
    String(&'a str),
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating point number.
    Double(f64),
    /// Values in order.
    Array(ArrayRef<'a>),
    /// A map or bytes: it is there, but a query cannot say anything else about it.
    Opaque,
}

/// The values of an array in place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ArrayRef<'a>(Kept<'a>);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kept<'a> {
    Model(&'a [Value]),
    /// OTLP's `ArrayValue` message.
    Wire(&'a [u8]),
}

impl<'a> ValueRef<'a> {
    /// The value in the bytes of OTLP's `AnyValue` message; [`ValueRef::Empty`] if they are not one.
    pub fn from_wire(message: &'a [u8]) -> Self {
        let mut value = Self::Empty;
        // The last field wins, as in every decoder.
        for field in Fields::new(message).map_while(Result::ok) {
            value = match (field.number, field.content) {
                (1, Content::Bytes(bytes)) => std::str::from_utf8(bytes).map_or(Self::Empty, Self::String),
                (2, Content::Varint(number)) => Self::Bool(number != 0),
                (3, Content::Varint(number)) => Self::Int(number as i64),
                (4, Content::Fixed64(bits)) => Self::Double(f64::from_bits(bits)),
                (5, Content::Bytes(bytes)) => Self::Array(ArrayRef(Kept::Wire(bytes))),
                (6 | 7, Content::Bytes(_)) | (8, Content::Varint(_)) => Self::Opaque,
                _ => value,
            };
        }
        value
    }

    /// A copy of it for keeping; [`Value::Empty`] for what is opaque.
    pub fn to_value(self) -> Value {
        match self {
            Self::Empty | Self::Opaque => Value::Empty,
            Self::String(text) => Value::String(text.to_owned()),
            Self::Bool(truth) => Value::Bool(truth),
            Self::Int(number) => Value::Int(number),
            Self::Double(number) => Value::Double(number),
            // Arrays in arrays are opaque to queries, so that this does not go deeper than one level.
            Self::Array(array) => Value::Array(
                array
                    .iter()
                    .map(|item| match item {
                        Self::Array(_) => Value::Empty,
                        item => item.to_value(),
                    })
                    .collect(),
            ),
        }
    }
}

impl<'a> From<&'a Value> for ValueRef<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Empty => Self::Empty,
            Value::String(text) => Self::String(text),
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Int(number) => Self::Int(*number),
            Value::Double(number) => Self::Double(*number),
            Value::Array(values) => Self::Array(ArrayRef(Kept::Model(values))),
            Value::Map(_) | Value::Bytes(_) | Value::StringIndex(_) => Self::Opaque,
        }
    }
}

impl<'a> ArrayRef<'a> {
    /// The values of OTLP's `ArrayValue` message.
    pub fn from_wire(message: &'a [u8]) -> Self {
        Self(Kept::Wire(message))
    }

    /// The values in order.
    pub fn iter(self) -> impl Iterator<Item = ValueRef<'a>> {
        let (model, wire) = match self.0 {
            Kept::Model(values) => (values, &[][..]),
            Kept::Wire(bytes) => (&[][..], bytes),
        };
        let in_bytes =
            Fields::new(wire)
                .map_while(Result::ok)
                .filter_map(|field| match (field.number, field.content) {
                    (1, Content::Bytes(bytes)) => Some(ValueRef::from_wire(bytes)),
                    _ => None,
                });
        model.iter().map(ValueRef::from).chain(in_bytes)
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::model::{Attribute, Span};
    use crate::otlp::encode;

    #[test]
    fn the_bytes_of_a_value_say_what_the_model_says() {
        let values = [
            Value::Empty,
            Value::from("text"),
            Value::Bool(false),
            Value::Int(i64::MIN),
            Value::Double(-0.5),
            Value::Bytes(vec![1]),
            Value::Map(vec![Attribute::new("k", 1)]),
            Value::Array(vec![Value::Int(1), Value::from("two"), Value::Empty]),
        ];
        for value in values {
            let span = Span {
                attributes: vec![Attribute {
                    key: "k".into(),
                    value: value.clone(),
                }],
                ..Span::default()
            };
            let sent = encode::span(&span)
                .attributes
                .remove(0)
                .value
                .unwrap_or_default()
                .encode_to_vec();
            let (model, wire) = (ValueRef::from(&value), ValueRef::from_wire(&sent));
            match (model, wire) {
                (ValueRef::Array(model), ValueRef::Array(wire)) => {
                    assert_eq!(model.iter().collect::<Vec<_>>(), wire.iter().collect::<Vec<_>>());
                }
                _ => assert_eq!(model, wire),
            }
            assert_eq!(model.to_value(), wire.to_value());
        }
        assert_eq!(ValueRef::from_wire(&[0xff]), ValueRef::Empty);
    }
}
