//! The left column: branches, service, name, count, marks.

use super::text::{cut, printable, width};
use super::{Line, Role};
use crate::fold::Fold;
use crate::tree::{Index, Standing, Tree};

/// Draws the branches of line after line; remembers below which lines there is more to come.
pub struct Branches {
    ascii: bool,
    /// For each depth, whether the last line of that depth was the last below its parent.
    last: Vec<bool>,
}

impl Branches {
    pub fn new(ascii: bool) -> Self {
        Self {
            ascii,
            last: Vec::new(),
        }
    }

    /// The branches may take half the label; what is deeper is drawn at that depth, with its depth in digits.
    pub fn draw(&mut self, depth: usize, last: bool, label_width: usize, line: &mut Line) {
        self.last.resize(depth + 1, false);
        self.last[depth] = last;
        let [through, none, fork, end] = if self.ascii {
            ["| ", "  ", "|-", "`-"]
        } else {
            ["│ ", "  ", "├ ", "└ "]
        };
        let room = label_width / 4;
        if depth > room {
            line.push(
                format!("{}{depth} ", if self.ascii { "~" } else { "…" }),
                Role::Branch,
            );
            return;
        }
        for level in 1..depth {
            line.push(if self.last[level] { none } else { through }, Role::Branch);
        }
        if depth > 0 {
            line.push(if last { end } else { fork }, Role::Branch);
        }
    }
}

/// Writes what is right of the branches, and fills the column. The service is left out where it is the parent's.
pub fn write(
    tree: &Tree<'_>,
    fold: &Fold,
    parent: Option<Index>,
    columns: usize,
    ascii: bool,
    line: &mut Line,
) {
    let span = tree.span(fold.members[0]);
    let mut after = Vec::new();
    if fold.members.len() > 1 {
        let times = if ascii { "x" } else { "×" };
        after.push((format!(" {times}{}", fold.members.len()), Role::Count));
    }
    let errors = fold
        .members
        .iter()
        .filter(|member| tree.span(**member).is_error())
        .count();
    if errors > 0 {
        after.push((if ascii { " ERROR" } else { " ✗" }.to_owned(), Role::Error));
    }
    let note = match tree.standing(fold.members[0]) {
        Standing::Orphan => "(parent missing) ",
        Standing::OwnParent => "(own parent) ",
        Standing::Ring => "(ring) ",
        Standing::Root | Standing::Child | Standing::Duplicate(_) => "",
    };
    let used = |line: &Line| line.pieces.iter().map(|piece| width(&piece.text)).sum::<usize>();
    let kept: usize = after.iter().map(|(text, _)| width(text)).sum();
    let mut room = columns.saturating_sub(used(line) + kept);
    let mut put = |text: &str, role| {
        let text = cut(text, room, ascii);
        room -= width(&text);
        line.push(text, role);
    };
    put(note, Role::Note);
    if parent.is_none_or(|parent| tree.span(parent).service() != span.service()) {
        put(&printable(span.service(), ascii), Role::Service);
        put(" ", Role::Space);
    }
    put(&printable(&span.name, ascii), Role::Name);
    for (text, role) in after {
        line.push(text, role);
    }
    let blanks = columns.saturating_sub(used(line));
    line.push(" ".repeat(blanks), Role::Space);
}
