//! Why a query cannot be read, and where.

use std::fmt;

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// Where it begins, in characters from 0.
    pub offset: usize,
    /// How many characters it spans, at least 1.
    pub length: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column in that line, in characters from 1.
    pub column: usize,
    /// What is wrong, in one line.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl QueryError {
    /// An error about `length` characters from `offset` of `query`.
    pub(super) fn at(query: &str, offset: usize, length: usize, message: impl Into<String>) -> Self {
        let before: String = query.chars().take(offset).collect();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            offset,
            length: length.max(1),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        let help = help.into();
        self.help = (!help.is_empty()).then_some(help);
        self
    }

    /// The line of the query with carets below what is wrong, for a monospaced font.
    pub fn excerpt(&self, query: &str) -> String {
        let line = query.lines().nth(self.line - 1).unwrap_or_default();
        // Long lines are cut to what stands around the place.
        let (before, after) = (60, 60);
        let from = (self.column - 1).saturating_sub(before);
        let shown: String = line
            .chars()
            .skip(from)
            .take(before + after)
            .map(|letter| if letter.is_control() { ' ' } else { letter })
            .collect();
        let room = shown
            .chars()
            .count()
            .saturating_sub(self.column - 1 - from)
            .max(1);
        let (indent, carets) = (
            " ".repeat(self.column - 1 - from),
            "^".repeat(self.length.min(room)),
        );
        format!("{shown}\n{indent}{carets}")
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 1 {
            write!(formatter, "line {}, ", self.line)?;
        }
        write!(formatter, "column {}: {}", self.column, self.message)
    }
}

impl std::error::Error for QueryError {}

/// `did you mean …?` if a known word is near, and otherwise the words.
pub(super) fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let nearest = known
        .iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase()),
                candidate,
            )
        })
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4);
    match nearest {
        Some((_, candidate)) => format!("did you mean `{candidate}`?"),
        None => format!("write one of {}", listed(&known)),
    }
}

/// "`a`, `b` or `c`".
pub(super) fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => format!("`{only}`"),
        [most @ .., last] => {
            let most: Vec<_> = most.iter().map(|word| format!("`{word}`")).collect();
            format!("{} or `{last}`", most.join(", "))
        }
    }
}
