//! What a run's summary says of a fault: who suffered, how much, and what is wrong with that.

use serde_json::{Value, json};

use super::play::{HEALTHY, Played};

/// A scenario on a database, over all seeds.
pub struct Row {
    pub scenario: String,
    /// `sqlite` or `postgresql`.
    pub database: &'static str,
    pub trials: Vec<Trial>,
    /// The healthy twin: its median over the healthy median of the first seed.
    pub twin: Option<Trial>,
    /// The median of the healthy on the first seed, in milliseconds.
    healthy_ms: Option<f64>,
}

/// One run.
pub struct Trial {
    pub seed: u64,
    /// Whose medians were compared: a journey and a cohort; none if latency is not what the scenario is about.
    pub compared: Option<(String, String)>,
    pub ratio: Option<f64>,
    /// What does not hold; empty when all is well.
    pub wrong: Vec<String>,
}

impl Row {
    pub fn new(scenario: &str, database: &str) -> Self {
        Self {
            scenario: scenario.to_owned(),
            // Never the URL, which may hold a password.
            database: if database == "sqlite" {
                "sqlite"
            } else {
                "postgresql"
            },
            trials: Vec::new(),
            twin: None,
            healthy_ms: None,
        }
    }

    /// Whether everything was as it should be on every seed.
    pub fn holds(&self) -> bool {
        self.trials
            .iter()
            .chain(&self.twin)
            .all(|trial| trial.wrong.is_empty())
    }

    /// The least ratio over the seeds.
    pub fn least(&self) -> Option<f64> {
        self.trials
            .iter()
            .filter_map(|trial| trial.ratio)
            .min_by(f64::total_cmp)
    }

    /// Judges a run of the scenario.
    pub fn add(&mut self, seed: u64, run: &Played, least: f64) {
        let mut trial = Trial::of(seed, run);
        if let Some(summary) = &run.summary {
            if self.scenario == HEALTHY {
                trial.must_show_nothing(summary);
            } else {
                trial.must_show_its_faults(summary);
                trial.compare(summary, least);
                if self.trials.is_empty()
                    && let Some((journey, _)) = &trial.compared
                {
                    self.healthy_ms = median_ms(summary, journey, "healthy");
                }
            }
        }
        self.trials.push(trial);
    }

    /// Judges a run of the scenario without its faults: whoever was healthy before is no slower and no faster now.
    pub fn add_twin(&mut self, run: &Played, most: f64) {
        let Some(first) = self.trials.first() else { return };
        let mut trial = Trial::of(first.seed, run);
        if let Some(summary) = &run.summary {
            trial.must_show_nothing(summary);
            if let (Some((journey, _)), Some(healthy)) = (&first.compared, self.healthy_ms) {
                trial.ratio = median_ms(summary, journey, "all").map(|all| all / healthy);
                if trial.ratio.is_none_or(|ratio| ratio >= most) {
                    trial.wrong.push(format!(
                        "without faults the median of {journey} is {} of the healthy one with them",
                        shown(trial.ratio)
                    ));
                }
            }
        }
        self.twin = Some(trial);
    }

    pub fn to_json(&self) -> Value {
        json!({
            "scenario": self.scenario,
            "database": self.database,
            "held": self.holds(),
            "least_ratio": self.least(),
            "seeds": self.trials.iter().map(Trial::to_json).collect::<Vec<_>>(),
            "without_faults": self.twin.as_ref().map(Trial::to_json),
        })
    }
}

impl Trial {
    fn of(seed: u64, run: &Played) -> Self {
        let mut wrong = Vec::new();
        match (&run.summary, run.code) {
            (Some(summary), Some(0 | 1)) => {
                for expectation in array(&summary["expectations"]).filter(|verdict| verdict["held"] != true) {
                    wrong.push(format!(
                        "{}: {}",
                        text(&expectation["text"]),
                        text(&expectation["observed"])
                    ));
                }
                if summary["spans"]["unaccounted"] != 0 {
                    wrong.push(format!(
                        "{} spans unaccounted for",
                        summary["spans"]["unaccounted"]
                    ));
                }
            }
            _ => wrong.push(format!("the run failed: {}", run.errors)),
        }
        Self {
            seed,
            compared: None,
            ratio: None,
            wrong,
        }
    }

    fn must_show_nothing(&mut self, summary: &Value) {
        if array(&summary["faults"]).next().is_some() {
            self.wrong.push("faults where there are none".to_owned());
        }
        let load = &summary["load"];
        for count in ["failed", "aborted", "dropped"] {
            if load[count] != 0 {
                self.wrong.push(format!("{} requests {count}", load[count]));
            }
        }
    }

    fn must_show_its_faults(&mut self, summary: &Value) {
        if array(&summary["faults"]).next().is_none() {
            self.wrong.push("no fault struck".to_owned());
        }
        for fault in array(&summary["faults"]) {
            let name = format!("{} at {}", text(&fault["fault"]), text(&fault["at"]));
            if fault["applied"] == 0 && fault["intended"] != 0 {
                self.wrong.push(format!("{name} struck nobody"));
            }
            for count in ["missed", "unplanned"] {
                if fault[count] != 0 {
                    self.wrong.push(format!("{name}: {} {count}", fault[count]));
                }
            }
        }
    }

    /// Holds every cohort's median that the scenario compares with the healthy one against it, and keeps the least ratio.
    fn compare(&mut self, summary: &Value, least: f64) {
        let compared = array(&summary["expectations"]).filter_map(|verdict| medians(text(&verdict["text"])));
        for (journey, cohort) in compared {
            let median = |cohort: &str| median_ms(summary, &journey, cohort);
            let ratio = median(&cohort)
                .zip(median("healthy"))
                .map(|(suffering, healthy)| suffering / healthy);
            if ratio.is_none_or(|ratio| ratio < least) {
                self.wrong.push(format!(
                    "the median of {journey}, {cohort}, is {} times the healthy one, and should be at least {least}",
                    shown(ratio)
                ));
            }
            if self.compared.is_none() || ratio < self.ratio {
                self.ratio = ratio;
                self.compared = Some((journey, cohort));
            }
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "seed": self.seed,
            "journey": self.compared.as_ref().map(|(journey, _)| journey),
            "cohort": self.compared.as_ref().map(|(_, cohort)| cohort),
            "ratio": self.ratio,
            "wrong": self.wrong,
        })
    }
}

/// The journey and cohort of an expectation that compares a cohort's median with the healthy one:
/// `p(50, search, affected) > 1.5 * p(50, search, healthy)`.
fn medians(expectation: &str) -> Option<(String, String)> {
    let (left, right) = expectation.split_once('>')?;
    let arguments = |side: &str| -> Option<Vec<String>> {
        let inside = side.split_once("p(")?.1.split_once(')')?.0;
        Some(
            inside
                .split(',')
                .map(|argument| argument.trim().to_owned())
                .collect(),
        )
    };
    let (left, right) = (arguments(left)?, arguments(right)?);
    match (left.as_slice(), right.as_slice()) {
        ([p, journey, cohort], [q, other, healthy])
            if p == "50" && q == "50" && journey == other && healthy == "healthy" && cohort != healthy =>
        {
            Some((journey.clone(), cohort.clone()))
        }
        _ => None,
    }
}

/// The median latency of a journey's cohort; none if nobody was in it.
fn median_ms(summary: &Value, journey: &str, cohort: &str) -> Option<f64> {
    array(&summary["load"]["journeys"])
        .find(|figures| figures["journey"] == journey && figures["cohort"] == cohort)
        .filter(|figures| figures["completed"].as_u64() > Some(0))
        .and_then(|figures| figures["latency_from_schedule_ms"]["p50"].as_f64())
        .filter(|median| *median > 0.0)
}

/// A ratio as people read it.
pub fn shown(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"))
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(affected_ms: f64, missed: u64) -> Played {
        let figures = |cohort: &str, p50: f64| json!({ "journey": "search", "cohort": cohort, "completed": 9, "latency_from_schedule_ms": { "p50": p50 } });
        Played {
            summary: Some(json!({
                "faults": [{ "fault": "slow-query", "at": "catalog.search", "intended": 9, "applied": 9 - missed, "missed": missed, "unplanned": 0 }],
                "spans": { "unaccounted": 0 },
                "load": { "failed": 0, "aborted": 0, "dropped": 0, "journeys": [figures("all", 9.0), figures("healthy", 10.0), figures("affected", affected_ms)] },
                "expectations": [{ "text": "p(50, search, affected) > 1.1 * p(50, search, healthy)", "held": true, "observed": "" }],
            })),
            code: Some(0),
            errors: String::new(),
        }
    }

    #[test]
    fn a_ratio_is_enough_or_too_small() {
        let mut row = Row::new("slow-query", "sqlite");
        row.add(1, &summary(20.0, 0), 1.5);
        assert!(row.holds());
        assert_eq!(row.least(), Some(2.0));
        row.add(2, &summary(14.0, 0), 1.5);
        assert!(!row.holds());
        assert_eq!(row.least(), Some(1.4));
        assert!(
            row.trials[1].wrong[0].contains("1.40"),
            "{:?}",
            row.trials[1].wrong
        );
    }

    #[test]
    fn what_is_missed_or_strikes_where_it_should_not_does_not_hold() {
        let mut row = Row::new("slow-query", "sqlite");
        row.add(1, &summary(20.0, 3), 1.5);
        assert!(!row.holds());
        let mut row = Row::new(HEALTHY, "postgres://u:secret@h/d");
        row.add(1, &summary(20.0, 0), 1.5);
        assert!(!row.holds());
        assert!(!row.to_json().to_string().contains("secret"));
    }

    #[test]
    fn a_run_that_failed_says_why() {
        let mut row = Row::new("slow-query", "sqlite");
        let failed = Played {
            summary: None,
            code: Some(3),
            errors: "error: no room".to_owned(),
        };
        row.add(1, &failed, 1.5);
        assert_eq!(row.trials[0].wrong, ["the run failed: error: no room"]);
    }

    #[test]
    fn only_a_comparison_of_medians_with_the_healthy_is_one() {
        let pair = |journey: &str, cohort: &str| Some((journey.to_owned(), cohort.to_owned()));
        assert_eq!(
            medians("p(50, checkout, bystander) > 1.5 * p(50, checkout, healthy)"),
            pair("checkout", "bystander")
        );
        for other in [
            "share(errors) < 1%",
            "p(95, home) < 500ms",
            "p(95, home, affected) > p(95, home, healthy)",
            "p(50, home, healthy) > p(50, home, healthy)",
        ] {
            assert_eq!(medians(other), None, "{other}");
        }
    }
}
