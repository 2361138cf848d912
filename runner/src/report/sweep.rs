//! The curve of a sweep as a table.

use super::quantity::{count, percent};
use super::table::Table;
use super::{DIM, heading, ms};
use crate::sweep::{Figures, Point, Sweep};

/// The table of a run with `--sweep`, and its slope.
#[must_use]
pub fn render_sweep(sweep: &Sweep) -> String {
    let mut text = format!(
        "\n{} {DIM}over {}{DIM:#}\n",
        heading(&sweep.scenario),
        sweep.quantity
    );
    let has_tail = sweep.points.iter().any(|point| point.tail.is_some());
    let mut headings = vec![
        sweep.quantity.as_str(),
        "healthy",
        "p50",
        "p95",
        "affected",
        "p50",
        "p95",
        "p99",
    ];
    let failed = |point: &Point| point.healthy_failed + point.affected_failed;
    let has_failed = sweep.points.iter().any(|point| failed(point) > 0);
    if has_failed {
        headings.push("failed");
    }
    if has_tail {
        headings.extend(["slow", "1-(1-p)^n"]);
    }
    let mut table = Table::new(&headings);
    for point in &sweep.points {
        let requests = |figures: Option<Figures>| cell(figures, |it| count(it.requests as u64));
        let mut cells = vec![
            point.value.clone(),
            requests(point.healthy_ms),
            cell(point.healthy_ms, |it| ms(it.p50)),
            cell(point.healthy_ms, |it| ms(it.p95)),
            requests(point.affected_ms),
            cell(point.affected_ms, |it| ms(it.p50)),
            cell(point.affected_ms, |it| ms(it.p95)),
            cell(point.affected_ms, |it| ms(it.p99)),
        ];
        if has_failed {
            cells.push(count(failed(point) as u64));
        }
        if has_tail {
            let share = |share: f64| percent((share * 10_000.0).round() as u64, 10_000);
            cells.push(point.tail.map_or_else(dash, |tail| share(tail.measured)));
            cells.push(point.tail.map_or_else(dash, |tail| share(tail.predicted)));
        }
        table.row(cells);
    }
    text.push_str(&table.render());
    if has_failed {
        text.push_str(&format!(
            "  {DIM}those that failed are in no other column; where most did, the value is not on the curve{DIM:#}\n"
        ));
    }
    if let Some(slope) = sweep.slope {
        let who = if sweep.points.iter().any(|point| point.affected_ms.is_some()) {
            "affected"
        } else {
            "healthy"
        };
        text.push_str(&format!(
            "  the {who} median grows as {} to the power of {slope:.2} {DIM}(1 is linear, 2 quadratic){DIM:#}\n",
            sweep.quantity
        ));
    }
    text
}

fn cell(figures: Option<Figures>, show: impl Fn(Figures) -> String) -> String {
    figures.map_or_else(dash, show)
}

fn dash() -> String {
    "–".to_owned()
}
