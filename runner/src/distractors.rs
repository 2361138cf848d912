//! The harmless oddities of a scenario that are no requests: each is made when its time comes, and noted.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use faults::distractors::{self, Distractor, Kind};
use faults::plan::Plan;
use faults::truth::Innocent;
use loadgen::Sample;
use scenarios::model::{DistractorRule, Scenario};
use tokio::time::{Instant, sleep_until};

use crate::Failure;
use crate::parts::System;
use crate::run::Control;
use crate::samples::Samples;
use crate::windows::Windows;

/// The party whose pace can be set.
const PROVIDER: &str = "payments";
/// The pace of a provider of which nothing was said.
const USUAL: u32 = 1;

/// What is to be done, in order, and what was done.
pub struct Distractors {
    /// Of the load.
    start: Instant,
    /// The next one last.
    ahead: Vec<Step>,
    provider: Option<SocketAddr>,
    control: Control,
    done: Vec<Innocent>,
    /// The distractor that made the provider slow, and since when.
    slow: Option<(&'static str, Duration)>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
struct Step {
    at: Duration,
    distractor: &'static str,
    action: Action,
}

#[derive(Debug, Clone, PartialEq)]
enum Action {
    SetPace(u32),
    Deploy(String),
}

impl Distractors {
    /// What the scenario declares, due from the load's start on.
    pub fn schedule(
        scenario: &Scenario,
        plan: &Plan,
        control: &Control,
        system: &System,
        start: Instant,
    ) -> Self {
        Self {
            start,
            ahead: steps(&scenario.distractors, plan.duration()),
            provider: system.layout.services.get(PROVIDER).copied(),
            control: control.clone(),
            done: Vec::new(),
            slow: None,
        }
    }

    /// Returns when the next one is due; never, when there is none.
    pub async fn due(&self) {
        match self.ahead.last() {
            Some(step) => sleep_until(self.start + step.at).await,
            None => std::future::pending().await,
        }
    }

    /// Does what is due.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when it cannot be done: a truth that says so would be none.
    pub async fn advance(&mut self, system: &mut System, windows: &Windows) -> Result<(), Failure> {
        let Some(step) = self.ahead.pop() else {
            return Ok(());
        };
        let from = self.start.elapsed();
        match step.action {
            Action::SetPace(factor) => {
                self.set_pace(factor).await?;
                self.note_slow();
                self.slow = (factor != USUAL).then_some((step.distractor, from));
            }
            Action::Deploy(service) => {
                system.replace(&service, windows.set_in(&service)).await?;
                self.done.push(Innocent::Event {
                    distractor: step.distractor,
                    at: service,
                    from,
                    until: self.start.elapsed(),
                });
            }
        }
        Ok(())
    }

    /// What happened. What was still ahead did not, for the run was cut short.
    pub fn finish(mut self) -> Vec<Innocent> {
        self.note_slow();
        self.done
    }

    /// Notes that the provider was slow until now, if it was.
    fn note_slow(&mut self) {
        if let Some((distractor, from)) = self.slow.take() {
            self.done.push(Innocent::Event {
                distractor,
                at: PROVIDER.to_owned(),
                from,
                until: self.start.elapsed(),
            });
        }
    }

    async fn set_pace(&self, factor: u32) -> Result<(), Failure> {
        match self.provider {
            Some(address) => self.control.set_pace(address, factor).await,
            None => Ok(()),
        }
    }
}

/// The services that the scenario replaces.
pub fn replaced(scenario: &Scenario) -> BTreeSet<String> {
    scenario
        .distractors
        .iter()
        .filter_map(|rule| rule.at.clone())
        .collect()
}

/// The requests that were a distractor's own.
pub fn requests<'a>(samples: &'a Samples, journeys: &'a [String]) -> impl Iterator<Item = Innocent> + 'a {
    let of_distractor = |sample: &Sample| {
        let name = journeys.get(sample.journey)?;
        let distractor = distractors::find(name)?;
        Some(Innocent::Request {
            sequence: sample.sequence,
            trace_id: sample.trace_id,
            distractor: distractor.name,
        })
    };
    samples.iter().filter_map(of_distractor)
}

/// In order of time, the last first.
fn steps(rules: &[DistractorRule], ends: Duration) -> Vec<Step> {
    let mut steps: Vec<Step> = rules
        .iter()
        .filter_map(|rule| Some((rule, distractors::find(&rule.distractor)?)))
        .flat_map(|(rule, distractor)| steps_of(rule, distractor, ends))
        .collect();
    steps.sort_by_key(|step| std::cmp::Reverse(step.at));
    steps
}

fn steps_of(rule: &DistractorRule, distractor: &'static Distractor, ends: Duration) -> Vec<Step> {
    let step = |at, action| Step {
        at,
        distractor: distractor.name,
        action,
    };
    match (distractor.kind, &rule.at) {
        // Its requests are in the load.
        (Kind::Traffic { .. }, _) | (Kind::Deploy, None) => Vec::new(),
        (Kind::SlowProvider { factor }, _) => vec![
            step(rule.from, Action::SetPace(rule.factor.unwrap_or(factor))),
            step(rule.until.unwrap_or(ends), Action::SetPace(USUAL)),
        ],
        (Kind::Deploy, Some(service)) => vec![step(rule.from, Action::Deploy(service.clone()))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(distractor: &str, at: Option<&str>, from: u64, until: Option<u64>) -> DistractorRule {
        DistractorRule {
            distractor: distractor.to_owned(),
            at: at.map(str::to_owned),
            factor: None,
            from: Duration::from_secs(from),
            until: until.map(Duration::from_secs),
        }
    }

    #[test]
    fn what_is_requests_needs_no_step_and_the_others_are_in_order() {
        let rules = [
            rule("slow-provider", None, 2, Some(4)),
            rule("polling-client", None, 0, None),
            rule("deploy", Some("orders"), 3, None),
        ];
        let mut steps = steps(&rules, Duration::from_secs(8));
        steps.reverse();
        let shown: Vec<_> = steps
            .into_iter()
            .map(|step| (step.at.as_secs(), step.action))
            .collect();
        assert_eq!(
            shown,
            [
                (2, Action::SetPace(3)),
                (3, Action::Deploy("orders".to_owned())),
                (4, Action::SetPace(USUAL)),
            ]
        );
    }
}
