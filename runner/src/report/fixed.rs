//! The same requests with the faulty and with the healthy code, side by side.

use super::quantity::{count, times};
use super::table::Table;
use super::{DIM, document, heading, ms};
use crate::fixed::Fixed;
use crate::folder::RunFolder;

/// The table of a run with `--fixed`, and in whose report both are side by side, if it was written.
#[must_use]
pub fn render_fixed(fixed: &Fixed<'_>, told_in: Option<&RunFolder>) -> String {
    let mut text = format!(
        "\n{} {DIM}the same requests, faulty and fixed{DIM:#}\n",
        heading("Fixed")
    );
    if fixed.comparison.is_empty() {
        text.push_str("  no fault struck, so there is nothing to compare\n");
        return text;
    }
    let mut table = Table::new(&[
        "fault",
        "journey",
        "who",
        "requests",
        "p50 faulty",
        "fixed",
        "",
        "p95 faulty",
        "fixed",
        "",
    ]);
    for row in &fixed.comparison {
        table.row(vec![
            row.fault.clone(),
            row.journey.clone(),
            row.cohort.to_owned(),
            count(row.requests as u64),
            ms(row.faulty_ms.p50),
            ms(row.fixed_ms.p50),
            times(row.faulty_ms.p50, row.fixed_ms.p50),
            ms(row.faulty_ms.p95),
            ms(row.fixed_ms.p95),
            times(row.faulty_ms.p95, row.fixed_ms.p95),
        ]);
    }
    text.push_str(&table.render());
    if let Some(folder) = told_in {
        let place = document::place(folder.path());
        text.push_str(&format!("\n  both side by side: {}\n", place.display()));
    }
    text
}
