//! What is wrong with a scenario: where, an excerpt with a caret, the cause and the remedy.

use std::fmt::{self, Display, Formatter};

/// No line of an excerpt is wider than this.
const EXCERPT_WIDTH: usize = 100;
/// More problems than this are not listed.
const MOST_LISTED: usize = 20;

/// Everything that is wrong with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    name: String,
    list: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where; none when it is the file as a whole.
    pub place: Option<Place>,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    excerpt: Option<Excerpt>,
}

/// A place in a file, in characters, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column of its first character.
    pub column: usize,
    /// How many characters it spans.
    pub length: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Excerpt {
    line: String,
    caret: String,
}

impl Problem {
    /// A problem with the file as a whole.
    pub(crate) fn of_file(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            place: None,
            message: message.into(),
            help: Some(help.into()),
            excerpt: None,
        }
    }

    /// A problem at a place of the text.
    pub(crate) fn at(source: &str, place: Place, message: impl Into<String>, help: Option<String>) -> Self {
        let excerpt = place
            .line
            .checked_sub(1)
            .and_then(|index| source.lines().nth(index))
            .map(|line| Excerpt::new(line, place));
        Self {
            place: Some(place),
            message: message.into(),
            help,
            excerpt,
        }
    }
}

impl Excerpt {
    fn new(line: &str, place: Place) -> Self {
        let characters: Vec<char> = line.chars().collect();
        let column = place.column.saturating_sub(1).min(characters.len());
        // A long line is cut so that the place is in view.
        let start = if column >= EXCERPT_WIDTH * 3 / 4 {
            column - EXCERPT_WIDTH / 4
        } else {
            0
        };
        let end = characters.len().min(start + EXCERPT_WIDTH);
        let mut text = String::new();
        if start > 0 {
            text.push('…');
        }
        let indent = text.chars().count() + column - start;
        text.extend(
            characters[start..end]
                .iter()
                .map(|&character| printable(character)),
        );
        if end < characters.len() {
            text.push('…');
        }
        let length = place.length.clamp(1, end.saturating_sub(column).max(1));
        let caret = format!("{}{}", " ".repeat(indent), "^".repeat(length));
        Self { line: text, caret }
    }
}

/// Control characters, a terminal's escape sequences among them, are never shown as they are.
fn printable(character: char) -> char {
    match character {
        '\t' => ' ',
        character if character.is_control() => '\u{fffd}',
        character => character,
    }
}

impl Problems {
    pub(crate) fn new(name: &str, mut list: Vec<Problem>) -> Self {
        list.sort_by_key(|problem| problem.place);
        Self {
            name: name.to_owned(),
            list,
        }
    }

    /// The problems, in the order of the file.
    #[must_use]
    pub fn list(&self) -> &[Problem] {
        &self.list
    }
}

impl Display for Problems {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().take(MOST_LISTED).enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            write_problem(formatter, &self.name, problem)?;
        }
        match self.list.len().saturating_sub(MOST_LISTED) {
            0 => Ok(()),
            more => write!(formatter, "\n… and {more} more"),
        }
    }
}

fn write_problem(formatter: &mut Formatter<'_>, name: &str, problem: &Problem) -> fmt::Result {
    match problem.place {
        Some(place) => write!(
            formatter,
            "error: {name}:{}:{}: {}",
            place.line, place.column, problem.message
        )?,
        None => write!(formatter, "error: {name}: {}", problem.message)?,
    }
    if let (Some(place), Some(excerpt)) = (problem.place, &problem.excerpt) {
        let number = place.line.to_string();
        let margin = " ".repeat(number.len());
        write!(
            formatter,
            "\n {margin} |\n {number} | {}\n {margin} | {}",
            excerpt.line, excerpt.caret
        )?;
    }
    if let Some(help) = &problem.help {
        write!(formatter, "\nhelp: {help}")?;
    }
    Ok(())
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let line = format!("{}WRONG{}", "x".repeat(300), "y".repeat(300));
        let place = Place {
            line: 1,
            column: 301,
            length: 5,
        };
        let excerpt = Excerpt::new(&line, place);
        assert!(excerpt.line.chars().count() <= EXCERPT_WIDTH + 2);
        let caret = excerpt.caret.find('^').expect("a caret");
        let under: String = excerpt
            .line
            .chars()
            .skip(caret)
            .take(excerpt.caret.len() - caret)
            .collect();
        assert_eq!(under, "WRONG");
    }

    #[test]
    fn escape_sequences_are_not_passed_on() {
        let excerpt = Excerpt::new(
            "a\u{1b}[31mb",
            Place {
                line: 1,
                column: 1,
                length: 1,
            },
        );
        assert!(!excerpt.line.contains('\u{1b}'));
    }
}
