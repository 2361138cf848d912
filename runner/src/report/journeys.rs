//! The table of journeys.

use loadgen::{CohortName, JourneyFigures};

use super::quantity::{count, percent};
use super::table::Table;
use super::{DIM, heading, ms};
use crate::summary::Load;

/// How many columns of requests and latencies, from schedule.
pub fn render(load: &Load) -> String {
    let mut table = Table::new(&[
        "journey",
        "completed",
        "failed",
        "dropped",
        "errors",
        "p50",
        "p95",
        "p99",
        "max",
    ]);
    for figures in load
        .journeys
        .iter()
        .filter(|figures| figures.cohort == CohortName::All)
    {
        table.row(row(figures));
    }
    let mut text = format!(
        "{} {DIM}latency in ms, from when a request was due{DIM:#}\n{}",
        heading("Journeys"),
        table.render()
    );
    let lost = [
        (load.dropped, "dropped: the generator could not start them"),
        (load.not_reached, "not reached"),
        (load.aborted, "aborted"),
    ];
    for (number, what) in lost.into_iter().filter(|(number, _)| *number > 0) {
        text.push_str(&format!("  {} {what}\n", count(number)));
    }
    text
}

fn row(figures: &JourneyFigures) -> Vec<String> {
    let latency = &figures.latency_from_schedule_ms;
    let ended = figures.completed + figures.failed;
    vec![
        figures.journey.clone(),
        count(figures.completed),
        count(figures.failed),
        count(figures.dropped),
        percent(figures.failed, ended),
        ms(latency.p50),
        ms(latency.p95),
        ms(latency.p99),
        ms(latency.max),
    ]
}
