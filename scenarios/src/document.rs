//! A YAML document as a tree in which every node knows its place, so that what is judged later can still be pointed at.
//!
//! Scalars are kept as they were written: `2_000`, `50%` and `200ms` mean to us what they look like, whatever YAML makes of them.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Error, Location, Spanned};

use crate::problem::{Place, Problem};

/// The largest file, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// The deepest nesting; the format itself needs six.
const MAX_DEPTH: usize = 16;

/// The most nodes; a megabyte of scenario has fewer.
const MAX_NODES: usize = 200_000;

/// A node of the tree.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
    /// Whether each character of the text is where it seems to be, so that a place within it can be told: in a plain scalar
    /// the text begins at the place, in a quoted one without escapes a character later.
    text_offset: Option<usize>,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// What it is, for an error.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Text(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// The place of a part of its text, given in characters from 0.
    pub(crate) fn place_within(&self, offset: usize, length: usize) -> Place {
        match self.text_offset {
            Some(start) => Place {
                column: self.place.column + start + offset,
                length,
                ..self.place
            },
            None => self.place,
        }
    }
}

/// Reads the one document that the text consists of.
pub(crate) fn read(text: &str) -> Result<Node, Box<Problem>> {
    if text.len() > MAX_BYTES {
        return Err(Box::new(Problem::of_file(
            format!("the file has {} bytes", text.len()),
            "a scenario has at most 1 MiB",
        )));
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_events: 2 * MAX_NODES,
            max_aliases: 0,
            max_documents: 1,
        },
        merge_keys: serde_saphyr::options::MergeKeyPolicy::Error,
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::AsString,
        reject_unsupported_tags: true,
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(root) if matches!(root.value, Raw::Null) => Err(Box::new(empty())),
        Ok(root) => Ok(node(text, root)),
        Err(error) => Err(Box::new(refusal(text, &error))),
    }
}

/// What the YAML reader is asked for; scalars other than strings are read again from the source.
enum Raw {
    Null,
    Text(String),
    Scalar,
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Raw, E> {
        Ok(Raw::Text(text))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Scalar)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Scalar)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Scalar)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}

fn node(source: &str, raw: Spanned<Raw>) -> Node {
    let written = written(source, raw.defined);
    let mut text_offset = None;
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Scalar => {
            text_offset = Some(0);
            Value::Text(written.to_owned())
        }
        Raw::Text(text) => {
            text_offset = text_offset_of(written, &text);
            Value::Text(text)
        }
        Raw::List(items) => Value::List(items.into_iter().map(|item| node(source, item)).collect()),
        Raw::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| (node(source, key), node(source, value)))
                .collect(),
        ),
    };
    let place = match &value {
        // The whole of a list or a mapping would underline more than it explains.
        Value::List(_) | Value::Map(_) | Value::Null => place(raw.referenced, 1),
        Value::Text(_) => place(
            raw.referenced,
            written.lines().next().map_or(1, |line| line.chars().count()),
        ),
    };
    Node {
        place,
        value,
        text_offset,
    }
}

/// The source text of a scalar.
fn written(source: &str, location: Location) -> &str {
    let span = location.span();
    let start = span.byte_offset().and_then(|offset| usize::try_from(offset).ok());
    let length = span.byte_len().and_then(|length| usize::try_from(length).ok());
    start
        .zip(length)
        .and_then(|(start, length)| source.get(start..start.checked_add(length)?))
        .unwrap_or_default()
        .trim_end()
}

fn text_offset_of(written: &str, text: &str) -> Option<usize> {
    if written == text {
        return Some(0);
    }
    let inner = written.get(1..written.len().checked_sub(1)?)?;
    (inner == text).then_some(1)
}

fn place(location: Location, length: usize) -> Place {
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    Place {
        line: number(location.line()),
        column: number(location.column()),
        length,
    }
}

/// The YAML reader's error in our words.
fn refusal(source: &str, error: &Error) -> Problem {
    let error = error.without_snippet();
    let (message, help) = match error {
        Error::Eof { .. } => return empty(),
        Error::Budget {
            breach: serde_saphyr::budget::BudgetBreach::Aliases { .. },
            ..
        } => (
            "an alias (`*name`) is not allowed in a scenario".to_owned(),
            "write out what it stands for".to_owned(),
        ),
        Error::Budget {
            breach: serde_saphyr::budget::BudgetBreach::Documents { .. },
            ..
        }
        | Error::MultipleDocuments { .. } => (
            "there is more than one document".to_owned(),
            "a file holds one scenario: remove `---`".to_owned(),
        ),
        Error::Budget {
            breach: serde_saphyr::budget::BudgetBreach::Depth { .. },
            ..
        } => (
            format!("this is nested more than {MAX_DEPTH} deep"),
            "no part of a scenario is".to_owned(),
        ),
        Error::Budget { .. } => (
            "this is more than a scenario can hold".to_owned(),
            "split it into several files".to_owned(),
        ),
        Error::DuplicateMappingKey { key, .. } => (
            match key {
                Some(key) => format!("`{key}` is given twice"),
                None => "a key is given twice".to_owned(),
            },
            "remove one of them".to_owned(),
        ),
        Error::MergeKeyNotAllowed { .. } => (
            "a merge key (`<<`) is not allowed in a scenario".to_owned(),
            "write out what it stands for".to_owned(),
        ),
        Error::UnsupportedTag { .. } => (
            "a tag (`!name`) is not allowed in a scenario".to_owned(),
            "remove it".to_owned(),
        ),
        other => (
            format!("this is not YAML that can be read: {}", cause(&other.to_string())),
            "quote a text that holds any of `: # { } [ ] & * ! | > %`, and indent with spaces".to_owned(),
        ),
    };
    match error.location() {
        Some(location) if location.line() > 0 => Problem::at(source, place(location, 1), message, Some(help)),
        _ => Problem::of_file(message, help),
    }
}

/// There is nothing in it, or comments only.
pub(crate) fn empty() -> Problem {
    Problem::of_file(
        "the file is empty",
        "`faultmart scenario new` writes one to start from",
    )
}

/// The first line of the YAML reader's message, without the place, which is told already.
fn cause(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.split(" at line ")
        .next()
        .unwrap_or_default()
        .chars()
        .take(200)
        .collect()
}
