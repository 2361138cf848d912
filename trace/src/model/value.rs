//! The value of an attribute: all eight forms that OTLP has.

use std::fmt;

/// A key with its value. Keys may occur twice; [`Value::find`] takes the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The key, such as `service.name`.
    pub key: String,
    /// The value; [`Value::Empty`] if none was sent.
    pub value: Value,
}

impl Attribute {
    /// An attribute of any key and value.
    pub fn new(key: impl Into<String>, value: impl Into<Value>) -> Self {
        Self {
            key: key.into(),
            value: value.into(),
        }
    }
}

/// An attribute's value.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// No value, which is itself a value.
    #[default]
    Empty,
    /// Text.
    String(String),
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating point number, also NaN and the infinities.
    Double(f64),
    /// Values of any form, in order.
    Array(Vec<Value>),
    /// Keys with values, in order.
    Map(Vec<Attribute>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A reference into a table of strings, which profiles have and traces should not.
    StringIndex(i32),
}

impl Value {
    /// The value of the first attribute with this key.
    pub fn find<'a>(attributes: &'a [Attribute], key: &str) -> Option<&'a Value> {
        attributes
            .iter()
            .find(|attribute| attribute.key == key)
            .map(|attribute| &attribute.value)
    }

    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }
}

/// Two values are equal if the same was sent: NaN equals the same NaN, and 0.0 differs from −0.0.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Empty, Self::Empty) => true,
            (Self::String(one), Self::String(two)) => one == two,
            (Self::Bool(one), Self::Bool(two)) => one == two,
            (Self::Int(one), Self::Int(two)) => one == two,
            (Self::Double(one), Self::Double(two)) => one.to_bits() == two.to_bits(),
            (Self::Array(one), Self::Array(two)) => one == two,
            (Self::Map(one), Self::Map(two)) => one == two,
            (Self::Bytes(one), Self::Bytes(two)) => one == two,
            (Self::StringIndex(one), Self::StringIndex(two)) => one == two,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}

/// For people: text as it is, the rest in the manner of JSON.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("(empty)"),
            Self::String(text) => formatter.write_str(text),
            Self::Bool(truth) => write!(formatter, "{truth}"),
            Self::Int(number) => write!(formatter, "{number}"),
            Self::Double(number) => write!(formatter, "{number:?}"),
            Self::Array(values) => {
                formatter.write_str("[")?;
                for (position, value) in values.iter().enumerate() {
                    write!(formatter, "{}{value}", if position == 0 { "" } else { ", " })?;
                }
                formatter.write_str("]")
            }
            Self::Map(entries) => {
                formatter.write_str("{")?;
                for (position, Attribute { key, value }) in entries.iter().enumerate() {
                    write!(
                        formatter,
                        "{}{key}: {value}",
                        if position == 0 { "" } else { ", " }
                    )?;
                }
                formatter.write_str("}")
            }
            Self::Bytes(bytes) => write!(formatter, "({} bytes)", bytes.len()),
            Self::StringIndex(index) => write!(formatter, "(string {index})"),
        }
    }
}
