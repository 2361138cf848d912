//! A trace drawn in text: who called whom, when, for how long, and what the caller waited for.
//!
//! ```text
//! load GET /api/orders                       ███▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒███   23.5ms
//! └ gateway GET /api/orders                     ▓▓…
//! ```
//!
//! The lines are pieces of text with a role each; who prints them gives the roles their colours.

mod bar;
mod label;
mod notes;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;

use crate::critical_path::{Segment, critical_path};
use crate::fold::{self, Fold, fold};
use crate::tree::{Index, Tree};

pub use text::duration;

/// Span names that mean waiting for something, not doing it; drawn lighter.
pub const WAITS: &[&str] = &["pool acquire", "BEGIN", "lock stock", "outbox wait"];

/// How to draw.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Columns altogether; less than 60 counts as 60.
    pub width: usize,
    /// How many nanoseconds the bars' column shows; [`extent`] of this trace if not given. Two traces drawn with the
    /// same one can be compared by eye.
    pub scale_ns: Option<u64>,
    /// Draw with ASCII only.
    pub ascii: bool,
    /// The most lines for spans; how many are left out is said.
    pub max_rows: usize,
    /// Span names that mean waiting.
    pub waits: &'a [&'a str],
    /// What is folded.
    pub fold: fold::Options,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            width: 80,
            scale_ns: None,
            ascii: false,
            max_rows: 60,
            waits: WAITS,
            fold: fold::Options::default(),
        }
    }
}

/// What a piece of text is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Blanks between columns.
    Space,
    /// The branches of the tree.
    Branch,
    /// A service's name.
    Service,
    /// A span's name.
    Name,
    /// How often a folded span occurs.
    Count,
    /// The mark of an error.
    Error,
    /// The bar where the root waited for this span.
    Critical,
    /// The same while this span waited for something.
    CriticalWait,
    /// The bar elsewhere.
    Bar,
    /// The same while this span waited for something.
    Wait,
    /// The mark of time outside the scale.
    Outside,
    /// A duration, and the time scale.
    Duration,
    /// A remark, such as that a parent is missing.
    Note,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text, without control characters.
    pub text: String,
    /// What it is.
    pub role: Role,
}

/// One line, and the spans that it shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// The text in pieces.
    pub pieces: Vec<Piece>,
    /// The spans, by position; none in the header and in notes.
    pub members: Vec<Index>,
}

impl Line {
    fn push(&mut self, text: impl Into<String>, role: Role) {
        let text = text.into();
        match self.pieces.last_mut() {
            Some(last) if last.role == role => last.text.push_str(&text),
            _ if text.is_empty() => {}
            _ => self.pieces.push(Piece { text, role }),
        }
    }

    fn note(text: impl Into<String>) -> Self {
        Self {
            pieces: vec![Piece {
                text: text.into(),
                role: Role::Note,
            }],
            members: Vec::new(),
        }
    }
}

/// The text alone, without blanks at the end.
impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self.pieces.iter().map(|piece| piece.text.as_str()).collect();
        formatter.write_str(text.trim_end())
    }
}

/// A trace in lines: a header with the time scale, a line a span, notes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Waterfall {
    /// The lines.
    pub lines: Vec<Line>,
}

impl fmt::Display for Waterfall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines
            .iter()
            .try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

/// How many nanoseconds a trace takes to show: its root's duration, and what runs on after it, up to as long again. A
/// span far outside, by a wrong clock say, does not make the rest invisible.
pub fn extent(tree: &Tree<'_>) -> u64 {
    let Some(root) = tree.root() else { return 0 };
    let (start, duration) = (tree.span(root).start_unix_ns, tree.span(root).duration_ns());
    let last = tree
        .depth_first()
        .map(|index| tree.span(index).end_unix_ns)
        .max()
        .unwrap_or(start);
    last.saturating_sub(start)
        .clamp(duration, duration.saturating_mul(2))
}

/// Draws a trace.
pub fn draw(tree: &Tree<'_>, options: &Options<'_>) -> Waterfall {
    let Some(root) = tree.root() else {
        return Waterfall::default();
    };
    let layout = Layout::of(tree, root, options);
    let folds = fold(tree, options.fold);
    let mut path = vec![Vec::new(); tree.spans().len()];
    for segment in critical_path(tree, root) {
        path[segment.span].push(segment);
    }
    let mut lines = vec![layout.header()];
    let mut branches = label::Branches::new(options.ascii);
    let mut shown: Vec<&Fold> = Vec::new();
    for fold in folds.iter().take(options.max_rows) {
        // The line of the parent is the last one shown that is less deep.
        shown.truncate(fold.depth);
        let parent = shown.last().map(|fold| fold.members[0]);
        lines.push(layout.row(fold, parent, &mut branches, &path));
        shown.push(fold);
    }
    lines.extend(notes::notes(tree, folds.len().saturating_sub(options.max_rows)));
    Waterfall { lines }
}

/// Explains the glyphs.
pub fn legend(ascii: bool) -> Line {
    let mut line = Line::default();
    for (role, meaning) in [
        (Role::Critical, "waited for (critical path)"),
        (Role::CriticalWait, "the same, waiting"),
        (Role::Bar, "not waited for"),
        (Role::Wait, "the same, waiting"),
    ] {
        line.push(if line.pieces.is_empty() { "" } else { "  " }, Role::Space);
        line.push(bar::glyph(role, ascii).to_string(), role);
        line.push(format!(" {meaning}"), Role::Note);
    }
    line
}

/// Where the columns are, and when the bars' column begins.
struct Layout<'a> {
    tree: &'a Tree<'a>,
    options: &'a Options<'a>,
    label_width: usize,
    bar: bar::Scale,
}

const DURATION_WIDTH: usize = 9;

impl<'a> Layout<'a> {
    fn of(tree: &'a Tree<'a>, root: Index, options: &'a Options<'a>) -> Self {
        let room = options.width.max(60) - DURATION_WIDTH - 1;
        let bar_width = room * 2 / 5;
        let bar = bar::Scale {
            origin: tree.span(root).start_unix_ns,
            length: options.scale_ns.unwrap_or_else(|| extent(tree)).max(1),
            cells: bar_width,
        };
        Self {
            tree,
            options,
            label_width: room - bar_width - 1,
            bar,
        }
    }

    fn header(&self) -> Line {
        let mut line = Line::default();
        let id = self
            .tree
            .spans()
            .first()
            .map(|span| span.trace_id.to_string())
            .unwrap_or_default();
        line.push(text::fit(&id, self.label_width, self.options.ascii), Role::Note);
        let scale = duration(self.bar.length, self.options.ascii);
        let blanks = self.bar.cells.saturating_sub(1);
        line.push(format!(" 0{scale:>blanks$}"), Role::Duration);
        line
    }

    fn row(
        &self,
        fold: &Fold,
        parent: Option<Index>,
        branches: &mut label::Branches,
        path: &[Vec<Segment>],
    ) -> Line {
        let mut line = Line {
            pieces: Vec::new(),
            members: fold.members.clone(),
        };
        branches.draw(fold.depth, fold.last, self.label_width, &mut line);
        label::write(
            self.tree,
            fold,
            parent,
            self.label_width,
            self.options.ascii,
            &mut line,
        );
        line.push(" ", Role::Space);
        let waits = self
            .options
            .waits
            .contains(&self.tree.span(fold.members[0]).name.as_str());
        self.bar.draw(
            self.tree,
            &fold.members,
            path,
            waits,
            self.options.ascii,
            &mut line,
        );
        let text = duration(fold.total_ns, self.options.ascii);
        line.push(format!(" {text:>DURATION_WIDTH$}"), Role::Duration);
        line
    }
}
