//! Faults that strike connections, not requests: set at the wire when their window begins, cleared when it ends.

use std::time::Duration;

use faults::plan::Plan;
use faults::routes::DATABASE_EDGES;
use scenarios::model::{FaultRule, Scenario};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::Failure;
use crate::parts::DatabaseChoice;
use crate::run::{Control, has_database_port};

/// The task that keeps the wire's faults in step with the scenario's timeline.
pub struct Windows(Option<JoinHandle<()>>);

impl Windows {
    /// Refuses a scenario whose faults strike at a port that the database does not have.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with exit code 2 that names the place.
    pub fn check(scenario: &Scenario, database: &DatabaseChoice) -> Result<(), Failure> {
        match rules(scenario).next() {
            Some(rule) if !has_database_port(database) => Err(Failure::input(format!(
                "{} cannot strike at {}: this run's database has no port that traffic crosses",
                rule.fault, rule.at
            ))
            .help("run it on PostgreSQL with `--database postgres://USER@HOST:PORT/NAME`")),
            _ => Ok(()),
        }
    }

    /// Begins to set and clear them; the run's time begins now.
    pub fn schedule(scenario: &Scenario, plan: &Plan, control: &Control, wire: std::net::SocketAddr) -> Self {
        let rules: Vec<FaultRule> = rules(scenario).cloned().collect();
        if rules.is_empty() {
            return Self(None);
        }
        let (begun, ends, control) = (Instant::now(), plan.duration(), control.clone());
        Self(Some(tokio::spawn(async move {
            for moment in moments(&rules, ends) {
                sleep_until(begun + moment).await;
                if let Err(failure) = control.set_wire_faults(wire, &active(&rules, ends, moment)).await {
                    eprintln!("warning: {}", failure.message);
                }
            }
        })))
    }

    /// Stops setting and clearing.
    pub async fn stop(self) {
        if let Some(task) = self.0 {
            task.abort();
            // Ends with the abort, or has ended before.
            let _ = task.await;
        }
    }
}

fn rules(scenario: &Scenario) -> impl Iterator<Item = &FaultRule> {
    scenario
        .faults
        .iter()
        .filter(|rule| DATABASE_EDGES.contains(&rule.at.as_str()))
}

/// When something changes, in order.
fn moments(rules: &[FaultRule], ends: Duration) -> Vec<Duration> {
    let mut moments: Vec<Duration> = rules
        .iter()
        .flat_map(|rule| [rule.from, rule.until.unwrap_or(ends)])
        .collect();
    moments.sort_unstable();
    moments.dedup();
    moments
}

/// What strikes from this moment on, as the wire's control endpoint takes it.
fn active(rules: &[FaultRule], ends: Duration, moment: Duration) -> Value {
    let faults: Vec<Value> = rules
        .iter()
        .filter(|rule| rule.from <= moment && moment < rule.until.unwrap_or(ends))
        .map(|rule| json!({ "fault": rule.fault, "at": rule.at, "parameters": rule.parameters }))
        .collect();
    json!({ "faults": faults })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(from: u64, until: u64) -> FaultRule {
        FaultRule {
            fault: "network-latency".into(),
            at: "orders->database".into(),
            parameters: [("delay".to_owned(), "5ms".to_owned())].into(),
            share: 1.0,
            journey: None,
            user: None,
            from: Duration::from_secs(from),
            until: Some(Duration::from_secs(until)),
        }
    }

    #[test]
    fn windows_that_overlap_are_set_and_cleared_in_order() {
        let rules = [rule(1, 4), rule(2, 3)];
        let ends = Duration::from_secs(9);
        let counts: Vec<usize> = moments(&rules, ends)
            .into_iter()
            .map(|moment| {
                active(&rules, ends, moment)["faults"]
                    .as_array()
                    .map_or(0, Vec::len)
            })
            .collect();
        assert_eq!(counts, [1, 2, 1, 0]);
    }
}
