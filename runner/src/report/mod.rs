//! What a run prints for people: the journeys, each fault's story with a healthy and an affected trace in one scale, what was
//! expected, and where every span went.
//!
//! Text with colour codes; whoever prints it strips them where colour is not wanted.

mod document;
mod fixed;
mod journeys;
pub mod quantity;
mod stories;
mod sweep;
mod table;
mod timeline;
mod verdicts;
pub mod waterfall;

use anstyle::{Effects, Style};

pub use document::{REPORT, write};

use crate::load_only::LoadFinished;
use crate::run::Finished;
pub use fixed::render_fixed;
use quantity::milliseconds;
pub use sweep::render_sweep;

const TITLE: Style = Style::new().effects(Effects::BOLD);
const DIM: Style = Style::new().effects(Effects::DIMMED);

/// How the report is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Columns.
    pub width: usize,
    /// Without characters beyond ASCII.
    pub ascii: bool,
}

/// The whole report.
#[must_use]
pub fn render(finished: &Finished, look: Look) -> String {
    let summary = &finished.summary;
    let mut text = format!("\n{}\n", heading(&summary.run.title));
    text.push_str(&format!(
        "{DIM}  {} · seed {} · {} · ready after {} s · first trace stored after {} s{DIM:#}\n\n",
        summary.run.scenario,
        summary.run.seed,
        summary.run.database,
        seconds(summary.timings_ms.ready),
        seconds(summary.timings_ms.first_trace_stored),
    ));
    text.push_str(&journeys::render(&summary.load));
    for story in &finished.stories {
        text.push_str(&stories::render(story, look));
    }
    text.push_str(&verdicts::distractors(&summary.distractors));
    if finished
        .stories
        .iter()
        .flat_map(|story| &story.groups)
        .any(|group| !group.spans.is_empty())
    {
        text.push_str(&format!("\n{}", waterfall::legend(look)));
    }
    text.push_str(&verdicts::expectations(&summary.expectations));
    text.push_str(&verdicts::accounts(summary));
    text.push_str(&format!(
        "\n{DIM}  {} of memory, {:.1} s of processor time; everything is in {}{DIM:#}\n",
        megabytes(summary.resources.peak_memory_bytes),
        summary.resources.cpu_seconds,
        finished.folder.path().display(),
    ));
    text.push_str(&format!(
        "  report: {}\n",
        document::place(finished.folder.path()).display()
    ));
    text
}

/// The figures of a load without a shop.
#[must_use]
pub fn render_load(finished: &LoadFinished) -> String {
    let mut text = format!(
        "\n{} {DIM}to {}{DIM:#}\n\n",
        heading(&finished.title),
        finished.url
    );
    text.push_str(&journeys::render(&finished.load));
    let spans = finished.spans;
    if spans.started > 0 {
        text.push_str(&format!(
            "\n{}\n  {} started, {} exported, {} dropped\n",
            heading("Root spans"),
            quantity::count(spans.started),
            quantity::count(spans.exported),
            quantity::count(spans.dropped),
        ));
    }
    text
}

fn heading(text: &str) -> String {
    format!("{TITLE}{text}{TITLE:#}")
}

fn seconds(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{:.2}", value / 1e3))
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / 1_000_000)
}

fn ms(value: f64) -> String {
    milliseconds(value)
}
