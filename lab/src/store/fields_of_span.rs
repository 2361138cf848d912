//! Reading a stored span without decoding it. The bytes were checked when they came, so that what does not fit here
//! cannot occur, and is passed over.

use std::borrow::Cow;

use trace::otlp::scan::fields::{Content, Field, Fields};

use super::StoredSpan;

/// What most questions are about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Basics<'a> {
    pub name: &'a str,
    pub kind: i32,
    pub start_unix_ns: u64,
    pub end_unix_ns: u64,
    pub status: i32,
}

impl Basics<'_> {
    /// End minus start, 0 if the end lies before the start.
    pub fn duration_ns(&self) -> u64 {
        self.end_unix_ns.saturating_sub(self.start_unix_ns)
    }

    pub fn is_error(&self) -> bool {
        self.status == 2
    }
}

/// A value, as far as questions go into it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar<'a> {
    Text(&'a str),
    Bool(bool),
    Int(i64),
    Double(f64),
    /// Nothing, bytes, a list or a map.
    Other,
}

impl<'a> Scalar<'a> {
    /// The value as text, which is how Jaeger and Zipkin compare tags.
    pub fn to_text(self) -> Cow<'a, str> {
        match self {
            Self::Text(text) => text.into(),
            Self::Bool(truth) => if truth { "true" } else { "false" }.into(),
            Self::Int(number) => number.to_string().into(),
            Self::Double(number) => number.to_string().into(),
            Self::Other => "".into(),
        }
    }

    pub fn as_text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The field of a span, and of a link, that holds its attributes.
pub const SPAN_ATTRIBUTES: u32 = 9;
pub const RESOURCE_ATTRIBUTES: u32 = 1;
pub const SCOPE_ATTRIBUTES: u32 = 3;
pub const EVENT_ATTRIBUTES: u32 = 3;
pub const LINK_ATTRIBUTES: u32 = 4;
pub const EVENTS: u32 = 11;
pub const LINKS: u32 = 13;
const STATUS: u32 = 15;

impl<'a> StoredSpan<'a> {
    /// What is said about its status.
    pub fn status_message(&self) -> &'a str {
        let statuses = messages(self.bytes, STATUS);
        let fields = statuses.flat_map(|status| Fields::new(status).map_while(Result::ok));
        let told = fields.filter(|field| field.number == 2);
        told.filter_map(|field| field.text().ok())
            .last()
            .unwrap_or_default()
    }

    /// The value of its own attribute with this key.
    pub fn attribute(&self, key: &str) -> Option<Scalar<'a>> {
        find(self.bytes, SPAN_ATTRIBUTES, key)
    }

    /// Its own attributes.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, Scalar<'a>)> + use<'a> {
        attributes(self.bytes, SPAN_ATTRIBUTES)
    }

    /// The messages of its events.
    pub fn events(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        messages(self.bytes, EVENTS)
    }
}

/// The messages in a field of a message.
pub fn messages(message: &[u8], number: u32) -> impl Iterator<Item = &[u8]> {
    Fields::new(message)
        .map_while(Result::ok)
        .filter(move |field| field.number == number)
        .filter_map(|field| field.message().ok())
}

/// The attributes in a field of a message.
pub fn attributes(message: &[u8], number: u32) -> impl Iterator<Item = (&str, Scalar<'_>)> {
    messages(message, number).map(key_and_value)
}

/// The value of the first attribute with this key in a field of a message.
pub fn find<'a>(message: &'a [u8], number: u32, key: &str) -> Option<Scalar<'a>> {
    messages(message, number)
        .find(|attribute| has_key(attribute, key.as_bytes()))
        .map(|attribute| key_and_value(attribute).1)
}

/// Whether an attribute's key is this one. Encoders write a short key in one way, which is looked at first.
fn has_key(attribute: &[u8], key: &[u8]) -> bool {
    if let [0x0a, length @ 0..0x80, rest @ ..] = attribute
        && let Some((written, rest)) = rest.split_at_checked(usize::from(*length))
        && rest.first() != Some(&0x0a)
    {
        return written == key;
    }
    key_and_value(attribute).0.as_bytes() == key
}

fn key_and_value(attribute: &[u8]) -> (&str, Scalar<'_>) {
    let (mut key, mut value) = ("", Scalar::Other);
    for field in Fields::new(attribute).flatten() {
        match field.number {
            1 => key = field.text().unwrap_or_default(),
            2 => {
                value = Fields::new(field.message().unwrap_or_default())
                    .flatten()
                    .last()
                    .map_or(Scalar::Other, scalar)
            }
            _ => {}
        }
    }
    (key, value)
}

/// The value in the last field of an `AnyValue`.
fn scalar(field: Field<'_>) -> Scalar<'_> {
    match (field.number, field.content) {
        (1, Content::Bytes(_)) => field.text().map_or(Scalar::Other, Scalar::Text),
        (2, Content::Varint(truth)) => Scalar::Bool(truth != 0),
        (3, Content::Varint(number)) => Scalar::Int(number as i64),
        (4, Content::Fixed64(bits)) => Scalar::Double(f64::from_bits(bits)),
        _ => Scalar::Other,
    }
}

/// The name in a scope's message.
pub fn scope_name(scope: &[u8]) -> &str {
    let names = Fields::new(scope).flatten().filter(|field| field.number == 1);
    names
        .filter_map(|field| field.text().ok())
        .last()
        .unwrap_or_default()
}

/// The name in an event's message.
pub fn event_name(event: &[u8]) -> &str {
    let names = Fields::new(event).flatten().filter(|field| field.number == 2);
    names
        .filter_map(|field| field.text().ok())
        .last()
        .unwrap_or_default()
}
