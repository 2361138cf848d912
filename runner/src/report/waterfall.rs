//! A trace on the terminal: the waterfall's lines with a colour for each role.

use anstyle::{AnsiColor, Effects, Style};
use trace::Tree;
use trace::waterfall::{self, Line, Options, Role};

use super::Look;

/// How far the lines are indented.
const INDENT: usize = 2;

/// The lines of a trace, in the given time scale or its own.
#[must_use]
pub fn render(tree: &Tree<'_>, look: Look, scale_ns: Option<u64>) -> String {
    let options = Options {
        width: look.width.saturating_sub(INDENT),
        scale_ns,
        ascii: look.ascii,
        ..Options::default()
    };
    waterfall::draw(tree, &options)
        .lines
        .iter()
        .map(coloured)
        .collect()
}

/// What the glyphs mean, in one line.
#[must_use]
pub fn legend(look: Look) -> String {
    coloured(&waterfall::legend(look.ascii))
}

fn coloured(line: &Line) -> String {
    let mut text = " ".repeat(INDENT);
    for piece in &line.pieces {
        let style = style(piece.role);
        text.push_str(&format!("{style}{}{style:#}", piece.text));
    }
    // Blanks after the last piece would wrap on a narrow terminal.
    format!("{}\n", text.trim_end())
}

fn style(role: Role) -> Style {
    let colour = |colour: AnsiColor| colour.on_default();
    match role {
        Role::Space | Role::Name | Role::Duration => Style::new(),
        Role::Branch | Role::Note | Role::Outside => Style::new().effects(Effects::DIMMED),
        Role::Service => colour(AnsiColor::Cyan),
        Role::Count => colour(AnsiColor::Yellow).effects(Effects::BOLD),
        Role::Error => colour(AnsiColor::Red).effects(Effects::BOLD),
        Role::Critical => colour(AnsiColor::Red),
        Role::CriticalWait => colour(AnsiColor::Yellow),
        Role::Bar | Role::Wait => colour(AnsiColor::Blue),
    }
}
