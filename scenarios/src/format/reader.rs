//! Typed access to the nodes of a document. What is wrong is noted, and reading goes on.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::MAX_ENTRIES;
use crate::document::{Node, Value};
use crate::fields::Field;
use crate::problem::{Place, Problem};
use crate::units::{self, UnitError, grouped};
use crate::words;

/// Collects what is wrong.
pub(super) struct Reader<'a> {
    pub(super) source: &'a str,
    pub(super) problems: Vec<Problem>,
}

/// The fields of one mapping.
pub(super) struct Fields<'n> {
    entries: Vec<(&'n str, &'n Node, &'n Node)>,
}

impl<'n> Fields<'n> {
    /// The field's value, if it is given.
    pub(super) fn get(&self, name: &str) -> Option<&'n Node> {
        self.entries
            .iter()
            .find(|(key, _, _)| *key == name)
            .map(|(_, _, value)| *value)
    }

    /// The place of the field's name.
    pub(super) fn key_place(&self, name: &str) -> Option<Place> {
        self.entries
            .iter()
            .find(|(key, _, _)| *key == name)
            .map(|(_, key, _)| key.place)
    }

    /// All fields: name, the name's node, the value.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'n str, &'n Node, &'n Node)> {
        self.entries.iter().copied()
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self {
            source,
            problems: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    pub(super) fn problem(&mut self, place: Place, message: impl Into<String>, help: String) {
        self.push(Problem::at(self.source, place, message, Some(help)));
    }

    fn wrong_kind(&mut self, node: &Node, expected: &str) {
        self.problem(
            node.place,
            format!("this is {}", node.kind()),
            format!("{expected} is expected here"),
        );
    }

    /// The entries of a mapping whose keys are free.
    pub(super) fn entries<'n>(&mut self, node: &'n Node, what: &str) -> Option<Fields<'n>> {
        let Value::Map(entries) = &node.value else {
            self.wrong_kind(node, &format!("{what}, a mapping such as `name: value`,"));
            return None;
        };
        let mut fields = Fields {
            entries: Vec::with_capacity(entries.len()),
        };
        for (key, value) in entries {
            match &key.value {
                Value::Text(text) => fields.entries.push((text, key, value)),
                _ => self.wrong_kind(key, "a name"),
            }
        }
        if fields.entries.len() > MAX_ENTRIES {
            self.problem(
                node.place,
                format!("{what} has too many entries"),
                format!("the most is {MAX_ENTRIES}"),
            );
            return None;
        }
        Some(fields)
    }

    /// The fields of a mapping that may have these and no others.
    pub(super) fn fields<'n>(&mut self, node: &'n Node, what: &str, known: &[Field]) -> Option<Fields<'n>> {
        let fields = self.entries(node, what)?;
        for (name, key, _) in fields.iter() {
            if known.iter().all(|field| field.name != name) {
                let help = words::suggest(name, known.iter().map(|field| field.name));
                self.problem(key.place, format!("{what} has no field `{}`", short(name)), help);
            }
        }
        Some(fields)
    }

    /// The items of a list.
    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.value {
            Value::List(items) if items.len() <= MAX_ENTRIES => items,
            Value::List(_) => {
                self.problem(
                    node.place,
                    format!("there are too many {what}"),
                    format!("the most is {MAX_ENTRIES}"),
                );
                &[]
            }
            _ => {
                self.wrong_kind(node, &format!("a list of {what}, each beginning with `- `,"));
                &[]
            }
        }
    }

    /// A single value, as written.
    pub(super) fn text<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        if let Value::Text(text) = &node.value {
            return Some(text);
        }
        self.wrong_kind(node, "a single value");
        None
    }

    /// A single line without control characters.
    pub(super) fn line<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        let text = self.text(node)?;
        if text.chars().any(char::is_control) || text.chars().count() > 200 {
            self.problem(
                node.place,
                "this is not one line of text",
                "at most 200 characters, on one line".to_owned(),
            );
            return None;
        }
        Some(text)
    }

    /// The text of an expectation, or of its quantifier.
    pub(super) fn expectation_text<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        if let Value::Text(text) = &node.value {
            return Some(text);
        }
        self.problem(
            node.place,
            format!("an expectation is a text, and this is {}", node.kind()),
            "write `- p(95, JOURNEY) < 250ms`; put it in quotes when it begins with `{`".to_owned(),
        );
        None
    }

    fn quantity<T>(&mut self, node: &Node, read: impl FnOnce(&str) -> Result<T, UnitError>) -> Option<T> {
        match read(self.text(node)?) {
            Ok(value) => Some(value),
            Err(error) => {
                let help = error.help().to_owned();
                self.problem(node.place, error.to_string(), help);
                None
            }
        }
    }

    pub(super) fn duration(&mut self, node: &Node) -> Option<Duration> {
        self.quantity(node, units::duration)
    }

    pub(super) fn duration_range(&mut self, node: &Node) -> Option<RangeInclusive<Duration>> {
        self.quantity(node, units::duration_range)
    }

    pub(super) fn share(&mut self, node: &Node) -> Option<f64> {
        self.quantity(node, units::share)
    }

    pub(super) fn rate(&mut self, node: &Node, text: &str) -> Option<f64> {
        self.quantity(node, |_| units::rate(text))
    }

    pub(super) fn integer(&mut self, node: &Node, min: u64, max: u64) -> Option<u64> {
        let number = self.quantity(node, |text| units::integer(text, max))?;
        if number < min {
            let help = format!("write a whole number from {min} to {}", grouped(max));
            self.problem(node.place, format!("{number} is too few"), help);
            return None;
        }
        Some(number)
    }

    /// One of the known words.
    pub(super) fn word<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Option<&'n str> {
        let text = self.text(node)?;
        if known.contains(&text) {
            return Some(text);
        }
        self.problem(
            node.place,
            format!("unknown {what} `{}`", short(text)),
            words::suggest(text, known.iter().copied()),
        );
        None
    }
}

/// What somebody wrote, short enough to be quoted in an error, and without control characters.
pub(super) fn short(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(60)
        .map(|letter| if letter.is_control() { '\u{fffd}' } else { letter })
        .collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}
