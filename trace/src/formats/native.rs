//! Attributes as plain JSON, as formats have them that know no types beyond JSON's own.
//!
//! Text, truth, whole and floating point numbers, lists, objects and `null` are what they were. Bytes become base64
//! text, NaN and the infinities become text, and of two equal keys in one object the first is kept.

use std::collections::HashSet;
use std::fmt;
use std::io::Write as _;

use base64::Engine as _;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Losses;
use crate::model::{Attribute, Value};
use crate::otlp::json::out;

/// What is lost here, for the tables of those who write with it.
pub mod lost {
    /// Bytes that became text.
    pub const BYTES: &str = "attribute values: bytes, told as base64 text";
    /// NaN and the infinities.
    pub const DOUBLE: &str = "attribute values: NaN or infinite, told as text";
    /// References into a table that only profiles have.
    pub const STRING_INDEX: &str = "attribute values: a reference into a table of strings, left out";
    /// The second of two equal keys.
    pub const KEY: &str = "attributes: a key that occurs twice, of which the first is kept";
}

/// Appends a value as JSON.
pub fn write(value: &Value, into: &mut Vec<u8>, losses: &mut Losses) {
    match value {
        Value::Empty => into.extend_from_slice(b"null"),
        Value::String(text) => out::string(text, into),
        Value::Bool(truth) => {
            let _ = write!(into, "{truth}");
        }
        Value::Int(number) => {
            let _ = write!(into, "{number}");
        }
        Value::Double(number) => {
            losses.add_if(!number.is_finite(), lost::DOUBLE);
            out::double(*number, into);
        }
        Value::Array(values) => {
            into.push(b'[');
            for (position, value) in values.iter().enumerate() {
                if position > 0 {
                    into.push(b',');
                }
                write(value, into, losses);
            }
            into.push(b']');
        }
        Value::Map(entries) => object(entries, into, losses),
        Value::Bytes(bytes) => {
            losses.add(lost::BYTES);
            out::string(&base64::engine::general_purpose::STANDARD.encode(bytes), into);
        }
        Value::StringIndex(_) => {
            losses.add(lost::STRING_INDEX);
            into.extend_from_slice(b"null");
        }
    }
}

/// Appends attributes as one JSON object.
pub fn object<'a>(
    attributes: impl IntoIterator<Item = &'a Attribute>,
    into: &mut Vec<u8>,
    losses: &mut Losses,
) {
    let mut object = out::Object::new(into);
    let mut seen = HashSet::new();
    for Attribute { key, value } in attributes {
        if seen.insert(key.as_str()) {
            write(value, object.any_key(key), losses);
        } else {
            losses.add(lost::KEY);
        }
    }
    object.end();
}

/// A value as JSON text, and with it what was lost.
pub fn text(value: &Value, losses: &mut Losses) -> String {
    let mut text = Vec::new();
    write(value, &mut text, losses);
    String::from_utf8(text).unwrap_or_default()
}

/// A value as it is read: whatever JSON says, as the model says it.
#[derive(Debug, Default)]
pub struct Native(pub Value);

/// The members of a JSON object, in order; `null` is none.
#[derive(Debug, Default)]
pub struct Members(pub Vec<Attribute>);

impl<'de> Deserialize<'de> for Native {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(NativeVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match from.deserialize_any(NativeVisitor)? {
            Value::Map(members) => Ok(Self(members)),
            Value::Empty => Ok(Self::default()),
            _ => Err(de::Error::custom("expected an object")),
        }
    }
}

struct NativeVisitor;

// Recursion is bounded: serde_json refuses values nested deeper than 128.
impl<'de> Visitor<'de> for NativeVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Empty)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        // What no whole number of the model holds is nearest to the truth as a floating point one.
        Ok(i64::try_from(number).map_or(Value::Double(number as f64), Value::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Double(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Value, S::Error> {
        let mut values = Vec::new();
        while let Some(Native(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Value, M::Error> {
        let mut entries = Vec::new();
        while let Some((key, Native(value))) = map.next_entry::<String, Native>()? {
            entries.push(Attribute { key, value });
        }
        Ok(Value::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_comes_back_as_it_was() {
        for json in [
            "null",
            "true",
            "-9223372036854775808",
            "9223372036854775807",
            "2.0",
            "-0.0",
            "1e300",
            "\"a\\u0000\"",
            "[1,[],{}]",
            "{\"b\":1,\"a\":[null]}",
        ] {
            let Native(value) = serde_json::from_str(json).expect("valid");
            let mut losses = Losses::default();
            assert_eq!(text(&value, &mut losses), json);
            assert!(losses.is_empty());
        }
    }

    #[test]
    fn what_json_has_no_form_for_is_counted() {
        let value = Value::Array(vec![
            f64::NAN.into(),
            Value::Bytes(vec![0]),
            Value::StringIndex(3),
            Value::Map(vec![Attribute::new("k", 1_i64), Attribute::new("k", 2_i64)]),
        ]);
        let mut losses = Losses::default();
        assert_eq!(text(&value, &mut losses), r#"["NaN","AA==",null,{"k":1}]"#);
        assert_eq!(losses.iter().map(|(_, count)| count).sum::<u64>(), 4);
    }
}
