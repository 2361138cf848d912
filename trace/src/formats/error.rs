//! What is wrong with a file: where, what, and what to do about it.

use std::fmt;

use super::Format;

/// Where in the input, as exactly as the reader knows; everything counts from 1, bytes from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A byte's position.
    Byte(u64),
    /// A line, and a column in it.
    Line(u64, u64),
    /// The how-manieth span, event or document of the input.
    Item(u64),
    /// The input as a whole.
    Whole,
}

/// Why an input could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// What it was read as, if that was known.
    pub format: Option<Format>,
    /// Where.
    pub place: Place,
    /// What is the matter there.
    pub what: String,
    /// What to do.
    pub help: String,
}

impl ReadError {
    /// An error at a place, with the advice that fits most: to look whether it is another format.
    pub fn new(format: Format, place: Place, what: impl Into<String>) -> Self {
        Self {
            format: Some(format),
            place,
            what: what.into(),
            help: format!(
                "check that the file is complete and is {format}; if it is another format, say which"
            ),
        }
    }

    /// The same with other advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// An error of the JSON reader, at its line and column.
    pub fn json(format: Format, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // The reader appends the place to its text, which is said in our own way before it.
        let what = match text.rfind(" at line ") {
            Some(end) => text[..end].to_owned(),
            None => text,
        };
        let place = match error.line() {
            0 => Place::Whole,
            line => Place::Line(line as u64, error.column() as u64),
        };
        let error = Self::new(format, place, what.clone());
        if what.starts_with("EOF") {
            return error.help("the file ends in the middle: copy or download it once more");
        }
        error
    }

    /// An error of the JSON reader in a part of the input, at its place in the whole.
    pub fn json_within(
        format: Format,
        error: &serde_json::Error,
        part: &serde_json::value::RawValue,
        whole: &[u8],
    ) -> Self {
        let mut error = Self::json(format, error);
        let before = (part.get().as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
        if let (Place::Line(line, column), Some(before)) = (error.place, whole.get(..before)) {
            let lines = before.iter().filter(|byte| **byte == b'\n').count() as u64;
            let in_line = before.iter().rev().take_while(|byte| **byte != b'\n').count() as u64;
            error.place = Place::Line(line + lines, if line == 1 { column + in_line } else { column });
        }
        error
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(format) = self.format {
            write!(formatter, "read as {format}: ")?;
        }
        match self.place {
            Place::Byte(byte) => write!(formatter, "byte {byte}: ")?,
            Place::Line(line, column) => write!(formatter, "line {line}, column {column}: ")?,
            Place::Item(item) => write!(formatter, "item {item}: ")?,
            Place::Whole => {}
        }
        formatter.write_str(&self.what)
    }
}

impl std::error::Error for ReadError {}
