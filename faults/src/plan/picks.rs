//! Which requests a fault picks: by journey, user, share and window, and only those that can reach its place.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use scenarios::model::Scenario;
use seed::draws::{Domain, Draws};

use super::Inner;
use super::error::PlanError;
use super::journeys::{Drawn, Journey};
use crate::baggage::{ActiveFault, MAX_PLACES};
use crate::catalogue;

/// A fault rule of the scenario, resolved.
#[derive(Debug)]
pub(super) struct Rule {
    fault: Arc<ActiveFault>,
    share: f64,
    journey: Option<String>,
    user: Option<u32>,
    window: Range<Duration>,
}

/// A fault that rides with a request if the request starts within the window.
#[derive(Debug, Clone)]
pub(super) struct Pick {
    pub(super) fault: Arc<ActiveFault>,
    pub(super) window: Range<Duration>,
}

/// The scenario's rules, in its order. What is set for a time strikes whatever is there, which no plan of requests holds.
pub(super) fn rules(scenario: &Scenario) -> Result<Vec<Rule>, PlanError> {
    let mut rules: Vec<Rule> = Vec::with_capacity(scenario.faults.len());
    for rule in scenario
        .faults
        .iter()
        .filter(|rule| !catalogue::is_set_for_a_time(&rule.fault, &rule.at))
    {
        let fault = ActiveFault::new(&rule.fault, &rule.at, rule.parameters.clone())?;
        rules.push(Rule {
            fault: Arc::new(fault),
            share: rule.share,
            journey: rule.journey.clone(),
            user: rule.user,
            window: rule.from..rule.until.unwrap_or(Duration::MAX),
        });
    }
    for rule in &rules {
        let mut places: Vec<&str> = rules
            .iter()
            .filter(|other| other.fault.fault == rule.fault.fault)
            .map(|other| &*other.fault.at)
            .collect();
        places.sort_unstable();
        places.dedup();
        if places.len() > MAX_PLACES {
            return Err(PlanError::TooManyPlaces {
                fault: rule.fault.fault,
            });
        }
    }
    Ok(rules)
}

/// The faults that pick the request. Every rule draws once for every request, picked or not, so that what one rule picks
/// does not depend on the others.
pub(super) fn pick(plan: &Inner, sequence: u64, journey: &Journey, drawn: &Drawn, user: u32) -> Vec<Pick> {
    if plan.rules.is_empty() {
        return Vec::new();
    }
    let mut draws = Draws::new(plan.seed, Domain::Faults, sequence);
    let mut picks = Vec::new();
    for rule in &plan.rules {
        let is_drawn = draws.chance(rule.share);
        let fits = rule.journey.as_deref().is_none_or(|name| name == &*journey.name)
            && rule.user.is_none_or(|number| number == user)
            && journey.may_be_struck_at(&rule.fault.at);
        if is_drawn && fits && drawn.leads_to(rule.fault.fault, &rule.fault.at, plan.seed, plan.scale) {
            picks.push(Pick {
                fault: Arc::clone(&rule.fault),
                window: rule.window.clone(),
            });
        }
    }
    picks
}
