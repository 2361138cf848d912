//! One line of the results: what was measured, what it should reach, and whether it does.

use serde_json::{Value, json};

/// What was measured, or why it was not.
#[derive(Debug, Clone)]
pub struct Row {
    /// Who against whom, and which figure: `wire / toxiproxy`.
    pub what: String,
    /// The figure.
    pub outcome: Outcome,
    /// The absolute figures behind a ratio, for this machine on this day.
    pub detail: String,
}

/// The figure of a row.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It was measured.
    Measured {
        /// The median over the repetitions.
        value: f64,
        /// What it counts.
        unit: Unit,
        /// What it should be, if anything is promised of it.
        reach: Option<Reach>,
    },
    /// It was not; how it could be.
    Skipped(String),
}

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub enum Reach {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nothing: ours divided by the other's.
    Ratio,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Millions of bytes.
    Megabytes,
}

impl Row {
    /// A figure that something is promised of.
    pub fn promised(what: impl Into<String>, value: f64, unit: Unit, reach: Reach, detail: String) -> Self {
        Self {
            what: what.into(),
            outcome: Outcome::Measured {
                value,
                unit,
                reach: Some(reach),
            },
            detail,
        }
    }

    /// A figure to compare others with.
    pub fn plain(what: impl Into<String>, value: f64, unit: Unit, detail: String) -> Self {
        Self {
            what: what.into(),
            outcome: Outcome::Measured {
                value,
                unit,
                reach: None,
            },
            detail,
        }
    }

    /// Something that cannot be measured here.
    pub fn skipped(what: impl Into<String>, why: String) -> Self {
        Self {
            what: what.into(),
            outcome: Outcome::Skipped(why),
            detail: String::new(),
        }
    }

    /// For programs.
    pub fn to_json(&self, measurement: &str) -> Value {
        match &self.outcome {
            Outcome::Skipped(why) => json!({ "measurement": measurement, "what": self.what, "skipped": why }),
            Outcome::Measured { value, unit, reach } => json!({
                "measurement": measurement,
                "what": self.what,
                "measured": value,
                "unit": unit.name(),
                "reach": reach.map(|reach| match reach {
                    Reach::AtLeast(bound) => json!({ "at_least": bound }),
                    Reach::AtMost(bound) => json!({ "at_most": bound }),
                }),
                "met": reach.map(|reach| reach.is_met(*value)),
                "detail": self.detail,
            }),
        }
    }

    /// For people, at most 80 columns, with the detail on a line of its own.
    pub fn to_text(&self) -> String {
        let (value, reach, met) = match &self.outcome {
            Outcome::Skipped(why) => return format!("  {}\n      skipped: {why}\n", self.what),
            Outcome::Measured {
                value,
                unit,
                reach: None,
            } => (unit.show(*value), String::new(), ""),
            Outcome::Measured {
                value,
                unit,
                reach: Some(reach),
            } => (
                unit.show(*value),
                reach.show(*unit),
                if reach.is_met(*value) { "met" } else { "MISSED" },
            ),
        };
        let mut text = format!("  {:<43} {value:>11}  {reach:>13}  {met}", self.what)
            .trim_end()
            .to_owned()
            + "\n";
        if !self.detail.is_empty() {
            text += &format!("      {}\n", self.detail);
        }
        text
    }
}

impl Reach {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }

    fn show(self, unit: Unit) -> String {
        match self {
            Self::AtLeast(bound) => format!("≥ {}", unit.show(bound)),
            Self::AtMost(bound) => format!("≤ {}", unit.show(bound)),
        }
    }
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Ratio => "ratio",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Megabytes => "MB",
        }
    }

    fn show(self, value: f64) -> String {
        let sign = if self == Self::Ratio { "×" } else { self.name() };
        // Three digits, as far as they are digits of the fraction.
        let digits = if value.abs() >= 100.0 { 0 } else { 2 };
        format!("{value:.digits$} {sign}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_whether_its_reach_is_met() {
        let row = |value, reach| Row::promised("wire / toxiproxy", value, Unit::Ratio, reach, String::new());
        let met = "  wire / toxiproxy                                 1.30 ×       ≥ 1.00 ×  met\n";
        assert_eq!(row(1.3, Reach::AtLeast(1.0)).to_text(), met);
        assert!(row(0.9, Reach::AtLeast(1.0)).to_text().contains("MISSED"));
        assert!(row(0.9, Reach::AtMost(1.0)).to_text().ends_with("met\n"));
        // What could not be measured is not taken for met.
        assert!(row(f64::NAN, Reach::AtMost(1.0)).to_text().contains("MISSED"));
        assert_eq!(row(0.9, Reach::AtLeast(1.0)).to_json("wire")["met"], false);
    }

    #[test]
    fn a_line_fits_80_columns() {
        let row = Row::promised(
            "w".repeat(43),
            12_345.0,
            Unit::Milliseconds,
            Reach::AtMost(100.0),
            String::new(),
        );
        assert!(
            row.to_text().lines().all(|line| line.chars().count() <= 80),
            "{}",
            row.to_text()
        );
    }
}
