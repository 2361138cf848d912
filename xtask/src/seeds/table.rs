//! The table of ratios, for people.

use super::verdict::{Row, Trial, shown};

/// One line for each scenario on each database, and below it what does not hold.
pub fn render(rows: &[Row], seeds: &[u64]) -> String {
    let mut text = format!(
        "{:<22} {:<11} {:<28}",
        "scenario", "database", "median over healthy median"
    );
    for seed in seeds {
        text.push_str(&format!(" {:>8}", format!("seed {seed}")));
    }
    text.push_str(&format!(" {:>7} {:>7}\n", "least", "twin"));
    for row in rows {
        let compared = row
            .trials
            .iter()
            .find_map(|trial| trial.compared.as_ref())
            .map_or_else(
                || "–".to_owned(),
                |(journey, cohort)| format!("{journey}, {cohort}"),
            );
        text.push_str(&format!(
            "{:<22} {:<11} {compared:<28}",
            row.scenario, row.database
        ));
        for trial in &row.trials {
            text.push_str(&format!(" {:>8}", cell(trial)));
        }
        let twin = row.twin.as_ref().map(cell).unwrap_or_default();
        text.push_str(&format!(" {:>7} {twin:>7}\n", shown(row.least())));
        for (trial, what) in row
            .trials
            .iter()
            .map(|trial| (trial, "seed"))
            .chain(row.twin.iter().map(|trial| (trial, "without faults, seed")))
        {
            for wrong in &trial.wrong {
                text.push_str(&format!("  {what} {}: {wrong}\n", trial.seed));
            }
        }
    }
    text
}

/// The ratio, or whether all held where there is none; a mark when something did not.
fn cell(trial: &Trial) -> String {
    let mark = if trial.wrong.is_empty() { "" } else { "!" };
    match trial.ratio {
        Some(_) => format!("{}{mark}", shown(trial.ratio)),
        None if trial.wrong.is_empty() => "ok".to_owned(),
        None => mark.to_owned(),
    }
}
