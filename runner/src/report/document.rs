//! `report.html`: a run's results as one file that anybody can open.

use std::path::{Path, PathBuf};

use faults::catalogue;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;
use trace::compare::{Comparison, compare};
use trace::drawing::Drawing;
use trace::{Span, Tree};

use super::timeline::Timeline;
use crate::Failure;
use crate::fixed::{Mended, Row};
use crate::run::Finished;
use crate::stories::{Group, GroupName, Story};
use crate::summary::Summary;

/// The file in a run's folder.
pub const REPORT: &str = "report.html";

/// What of [`ui::LARGEST_REPORT`] is kept for the page itself and for the tables.
const RESERVED: usize = 730_000;

#[derive(Serialize)]
struct Document<'a> {
    summary: &'a Summary,
    /// Where the run's files are, for commands that read them.
    folder: String,
    timeline: &'a Timeline,
    windows: Vec<Window<'a>>,
    stories: Vec<Told<'a>>,
    traces: Vec<Shown>,
    left_out: Vec<String>,
}

/// When a fault could strike, from the start of the load.
#[derive(Serialize)]
struct Window<'a> {
    fault: &'a str,
    at: &'a str,
    from_ms: u64,
    until_ms: u64,
}

#[derive(Serialize)]
struct Told<'a> {
    fault: &'a str,
    at: &'a str,
    summary: &'static str,
    mechanism: &'static str,
    signature: &'static str,
    confused_with: &'static str,
    fix: &'static str,
    journey: Option<&'a str>,
    shown_by: Option<catalogue::ShownBy>,
    groups: Vec<Cohort>,
    comparisons: Vec<Compared>,
    fixed: Option<ToldFixed<'a>>,
}

/// The same requests with the healthy code.
#[derive(Serialize)]
struct ToldFixed<'a> {
    run: &'a str,
    /// Of which cohort the traces are.
    who: Option<&'static str>,
    rows: &'a [Row],
    comparison: Option<Compared>,
    typical: Option<Typical>,
}

#[derive(Serialize)]
struct Typical {
    trace_id: String,
    /// Where in `traces` it is; none if it was left out.
    trace: Option<usize>,
}

#[derive(Serialize)]
struct Cohort {
    name: &'static str,
    count: usize,
    p50_ms: f64,
    p95_ms: f64,
    trace_id: String,
    /// Where in `traces` the typical one is; none if it was left out or never came.
    trace: Option<usize>,
}

#[derive(Serialize)]
struct Compared {
    before: &'static str,
    after: &'static str,
    #[serde(flatten)]
    comparison: Comparison,
}

/// A trace, drawn and as it was received.
#[derive(Serialize)]
struct Shown {
    drawing: Drawing,
    otlp: Value,
}

/// Writes the report into the run's folder, no larger than [`ui::LARGEST_REPORT`]; traces that have no room are left out, and it says
/// which. `mended` says of each story what the fix did, or is empty.
///
/// # Errors
///
/// A [`Failure`] when it cannot be written.
pub fn write(finished: &Finished, mended: &[Mended]) -> Result<(), Failure> {
    let html = html(finished, mended)?;
    finished
        .folder
        .write(REPORT, |file| file.write_all(html.as_bytes()))
}

fn html(finished: &Finished, mended: &[Mended]) -> Result<String, Failure> {
    let mut traces = Traces {
        room: ui::LARGEST_REPORT - RESERVED,
        shown: Vec::new(),
        left_out: Vec::new(),
    };
    let stories = finished
        .stories
        .iter()
        .enumerate()
        .map(|(at, story)| told(story, mended.get(at), &mut traces))
        .collect();
    let milliseconds = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let windows = finished.scenario.faults.iter().map(|rule| Window {
        fault: &rule.fault,
        at: &rule.at,
        from_ms: milliseconds(rule.from),
        until_ms: milliseconds(rule.until.unwrap_or(finished.length)),
    });
    let document = Document {
        summary: &finished.summary,
        folder: called(finished.folder.path()),
        timeline: &Timeline::of(finished.samples.iter(), finished.length),
        windows: windows.collect(),
        stories,
        traces: traces.shown,
        left_out: traces.left_out,
    };
    let failed = |error: &dyn std::fmt::Display| Failure::run(format!("the report cannot be drawn: {error}"));
    let data = serde_json::to_vec(&document).map_err(|error| failed(&error))?;
    ui::report(&finished.summary.run.title, &data).map_err(|error| failed(&error))
}

/// Where the report is, as short as it can be said from here.
pub(super) fn place(folder: &Path) -> PathBuf {
    from_here(&folder.join(REPORT)).unwrap_or_else(|| folder.join(REPORT))
}

/// A run's folder as somebody may call it who gets the report in the mail: nobody's home folder is in it.
fn called(folder: &Path) -> String {
    let place = from_here(folder).or_else(|| folder.file_name().map(PathBuf::from));
    place.unwrap_or_default().display().to_string()
}

fn from_here(path: &Path) -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    path.strip_prefix(here).ok().map(Path::to_path_buf)
}

fn told<'a>(story: &'a Story, mended: Option<&'a Mended>, traces: &mut Traces) -> Told<'a> {
    let entry = catalogue::find(&story.account.fault);
    let text = |of: fn(&catalogue::Fault) -> &'static str| entry.map_or("", of);
    let healthy = story.groups.iter().find(|group| group.name == GroupName::Healthy);
    let worst = story.worst();
    let comparisons = story.by_cost().into_iter().filter_map(|after| {
        let before = healthy?;
        let names = [before.name.as_str(), after.name.as_str()];
        compared(names, &before.near, &after.near)
    });
    Told {
        fault: &story.account.fault,
        at: &story.account.at,
        summary: text(|it| it.summary),
        mechanism: text(|it| it.mechanism),
        signature: text(|it| it.signature),
        confused_with: text(|it| it.confused_with),
        fix: text(|it| it.fix),
        shown_by: entry.map(|it| it.shown_by),
        journey: story.journey.as_deref(),
        comparisons: comparisons.collect(),
        groups: story
            .groups
            .iter()
            .map(|group| cohort(group, &story.account.fault, traces))
            .collect(),
        fixed: mended.map(|mended| ToldFixed {
            run: &mended.run,
            rows: &mended.rows,
            who: mended.who.map(GroupName::as_str),
            comparison: worst.and_then(|group| compared(["faulty", "fixed"], &group.near, &mended.near)),
            typical: mended.typical.as_ref().map(|(id, spans)| Typical {
                trace_id: id.to_string(),
                trace: traces.show(spans, &format!("{}, fixed", story.account.fault)),
            }),
        }),
    }
}

fn cohort(group: &Group, fault: &str, traces: &mut Traces) -> Cohort {
    let milliseconds = |duration: Duration| duration.as_micros() as f64 / 1e3;
    Cohort {
        name: group.name.as_str(),
        count: group.count,
        p50_ms: milliseconds(group.p50),
        p95_ms: milliseconds(group.p95),
        trace_id: group.trace_id.to_string(),
        trace: traces.show(&group.spans, &format!("{fault}, {}", group.name.as_str())),
    }
}

fn compared(names: [&'static str; 2], before: &[Vec<Span>], after: &[Vec<Span>]) -> Option<Compared> {
    if ![before, after]
        .iter()
        .all(|near| near.iter().any(|spans| !spans.is_empty()))
    {
        return None;
    }
    let [one, other] =
        [before, after].map(|near| near.iter().map(|spans| Tree::of(spans)).collect::<Vec<_>>());
    let [before, after] = names;
    Some(Compared {
        before,
        after,
        comparison: compare(&one, &other),
    })
}

/// The traces that are put in, as long as there is room.
struct Traces {
    room: usize,
    shown: Vec<Shown>,
    left_out: Vec<String>,
}

impl Traces {
    fn show(&mut self, spans: &[Span], what: &str) -> Option<usize> {
        let drawing = Drawing::of(&Tree::of(spans))?;
        let mut otlp = Vec::new();
        trace::otlp::json::write(&trace::otlp::encode::resource_spans(spans), &mut otlp);
        let size = ui::packed_size(&otlp) + ui::packed_size(&serde_json::to_vec(&drawing).ok()?);
        if size > self.room {
            self.left_out
                .push(format!("the typical trace of {what}: {} spans", spans.len()));
            return None;
        }
        self.room -= size;
        self.shown.push(Shown {
            drawing,
            otlp: serde_json::from_slice(&otlp).ok()?,
        });
        Some(self.shown.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_left_out_and_said() {
        let spans = vec![Span::default(); 3];
        let mut traces = Traces {
            room: 10,
            shown: Vec::new(),
            left_out: Vec::new(),
        };
        assert_eq!(traces.show(&spans, "slow-query, healthy"), None);
        assert_eq!(
            traces.left_out,
            ["the typical trace of slow-query, healthy: 3 spans"]
        );
        traces.room = ui::LARGEST_REPORT;
        assert_eq!(traces.show(&spans, "slow-query, healthy"), Some(0));
        assert!(traces.room < ui::LARGEST_REPORT);
    }
}
