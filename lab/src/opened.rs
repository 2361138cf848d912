//! The trace files that were opened, and when what is in each began, so that one can be held against another.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use trace::Span;

/// How many are remembered, the latest.
const MOST: usize = 100;
/// How much of a name is kept, in characters.
const LONGEST_NAME: usize = 200;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Opened {
    /// As it was named by whoever opened it.
    pub name: String,
    /// How many spans were in it.
    pub spans: u64,
    /// When the first of them began, in nanoseconds since 1970.
    pub from_unix_ns: u64,
    /// When the last of them began.
    pub until_unix_ns: u64,
}

impl Opened {
    /// One of which nothing has been read yet. The name is hostile.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.chars().take(LONGEST_NAME).collect(),
            spans: 0,
            from_unix_ns: u64::MAX,
            until_unix_ns: 0,
        }
    }

    /// Some more of it has been read.
    pub fn add(&mut self, spans: &[Span]) {
        self.spans += spans.len() as u64;
        for span in spans {
            self.from_unix_ns = self.from_unix_ns.min(span.start_unix_ns);
            self.until_unix_ns = self.until_unix_ns.max(span.start_unix_ns);
        }
    }
}

/// All of them, in the order in which they were opened.
#[derive(Debug, Default)]
pub struct OpenedFiles(Mutex<Vec<Opened>>);

impl OpenedFiles {
    /// Remembers a file that had something in it.
    pub fn remember(&self, file: Opened) {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if file.spans > 0 {
            files.push(file);
        }
        let more = files.len().saturating_sub(MOST);
        files.drain(..more);
    }

    /// A copy.
    pub fn all(&self) -> Vec<Opened> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
