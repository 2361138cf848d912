//! What was expected, and where every span went.

use anstyle::{AnsiColor, Effects, Style};
use faults::truth::InnocentAccount;

use super::quantity::count;
use super::{DIM, heading};
use crate::expectations::Verdict;
use crate::summary::Summary;

const HELD: Style = AnsiColor::Green.on_default();
const BROKEN: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);

/// Each expectation, whether it held, and what was observed.
pub fn expectations(verdicts: &[Verdict]) -> String {
    if verdicts.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", heading("Expectations"));
    for verdict in verdicts {
        let (style, mark) = if verdict.held {
            (HELD, "held")
        } else {
            (BROKEN, "broken")
        };
        text.push_str(&format!(
            "  {style}{mark:<6}{style:#}  {}  {DIM}{}{DIM:#}\n",
            verdict.text, verdict.observed
        ));
        for trace_id in verdict.trace_ids.iter().take(3) {
            text.push_str(&format!("          {DIM}trace {trace_id}{DIM:#}\n"));
        }
    }
    text
}

/// What was odd and harmless, so that nobody blames it.
pub fn distractors(accounts: &[InnocentAccount]) -> String {
    if accounts.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", heading("Odd and innocent"));
    for account in accounts {
        let place = account
            .at
            .as_ref()
            .map_or_else(String::new, |at| format!(" at {at}"));
        let what = match (account.requests, account.events) {
            (requests, 0) => format!("{} requests", count(requests)),
            (_, 1) => "once".to_owned(),
            (_, events) => format!("{} times", count(events)),
        };
        text.push_str(&format!("  {}{place}  {DIM}{what}{DIM:#}\n", account.distractor));
    }
    text
}

/// The span accounts in a line, and in a second one whatever did not go its way.
pub fn accounts(summary: &Summary) -> String {
    let spans = &summary.spans;
    let total = &spans.total;
    let mut text = format!(
        "\n{}\n  {} started, {} exported, {} stored in {} traces; unaccounted {}\n",
        heading("Spans"),
        count(total.started),
        count(total.exported),
        count(spans.stored),
        count(summary.traces.stored),
        count(total.unaccounted),
    );
    let losses = [
        (total.dropped, "dropped"),
        (
            total.unsampled,
            "not sampled (polls of the outbox, and what a sampler leaves out)",
        ),
        (total.open_at_death, "open when a process was killed"),
        (total.lost_at_death, "lost with a killed process"),
        (spans.duplicates, "duplicates"),
        (spans.rejected, "rejected"),
        (spans.evicted, "evicted to make room"),
    ];
    let losses: Vec<String> = losses
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", count(number)))
        .collect();
    if !losses.is_empty() {
        text.push_str(&format!("  {}\n", losses.join(", ")));
    }
    text
}
