//! A scenario changed from the command line: fewer faults, another place, another share, another value of one quantity.
//! What it expects of faults that it no longer has is left out, by name.

use crate::expectation::{Check, Cohort, Expectation, Operand, Population, Quantifier, Term};
use crate::fields::MAX_ROWS;
use crate::model::{FaultRule, Scenario};
use crate::units;
use crate::vocabulary::Vocabulary;
use crate::words;

/// What to change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Adjustment {
    /// Take all faults out.
    pub no_faults: bool,
    /// Keep only these faults; all if it is empty.
    pub only: Vec<String>,
    /// Where the faults that are kept strike.
    pub at: Option<String>,
    /// The share of the requests that they pick, from 0 to 1.
    pub share: Option<f64>,
}

/// Why a scenario cannot be changed like that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AdjustError {
    /// What is wrong, in one line.
    pub message: String,
    /// What to do instead.
    pub help: String,
}

impl AdjustError {
    fn new(message: String, help: impl Into<String>) -> Self {
        Self {
            message,
            help: help.into(),
        }
    }
}

/// Changes the scenario and gives the expectations that were left out, because they speak of faults that are.
///
/// # Errors
/// When a fault is not the scenario's, or cannot strike at that place or by that share.
pub fn adjust(
    scenario: &mut Scenario,
    adjustment: &Adjustment,
    vocabulary: &dyn Vocabulary,
) -> Result<Vec<String>, AdjustError> {
    for fault in &adjustment.only {
        if !scenario.faults.iter().any(|rule| rule.fault == *fault) {
            let known = scenario.faults.iter().map(|rule| rule.fault.as_str());
            return Err(AdjustError::new(
                format!("{} has no fault `{fault}`", scenario.name),
                words::suggest(fault, known),
            ));
        }
    }
    let before = scenario.faults.len();
    scenario.faults.retain(|rule| {
        !adjustment.no_faults && (adjustment.only.is_empty() || adjustment.only.contains(&rule.fault))
    });
    if let Some(place) = &adjustment.at {
        move_to(scenario, place, vocabulary)?;
    }
    if let Some(share) = adjustment.share {
        for rule in &mut scenario.faults {
            if share < 1.0 && vocabulary.strikes_for_a_time(&rule.fault, &rule.at) {
                return Err(AdjustError::new(
                    format!(
                        "{} at {} strikes all that is there, not a share of requests",
                        rule.fault, rule.at
                    ),
                    "leave `--share` out, or choose another place with `--at`",
                ));
            }
            rule.share = share;
        }
    }
    let remaining = Remaining {
        rules: scenario.faults.clone(),
        all: scenario.faults.len() == before,
        vocabulary,
    };
    Ok(leave_out(scenario, |expectation| {
        remaining.makes_sense(expectation)
    }))
}

fn move_to(scenario: &mut Scenario, place: &str, vocabulary: &dyn Vocabulary) -> Result<(), AdjustError> {
    let journeys: Vec<String> = scenario
        .load
        .iter()
        .flat_map(|load| load.mix.iter().map(|(journey, _)| journey.clone()))
        .collect();
    for rule in &mut scenario.faults {
        let places = vocabulary.places(&rule.fault);
        if !places.contains(&place) {
            return Err(AdjustError::new(
                format!("{} cannot strike at `{place}`", rule.fault),
                words::suggest(place, places),
            ));
        }
        let reaches = |journey: &String| vocabulary.reaches(journey, place);
        let reached = match &rule.journey {
            Some(journey) => reaches(journey),
            None => journeys.iter().any(reaches),
        };
        if !reached && !vocabulary.strikes_for_a_time(&rule.fault, place) {
            return Err(AdjustError::new(
                format!("no request of {} gets to `{place}`", scenario.name),
                format!("it plays {}", words::list(journeys.iter().map(String::as_str))),
            ));
        }
        place.clone_into(&mut rule.at);
    }
    Ok(())
}

/// Sets one quantity of the scenario: a parameter of its faults, or `users`, `products`, `orders` of its shop.
///
/// # Errors
/// When there is no such quantity, or it cannot have that value.
pub fn set(
    scenario: &mut Scenario,
    name: &str,
    value: &str,
    vocabulary: &dyn Vocabulary,
) -> Result<(), AdjustError> {
    let rows = match name {
        "users" => Some(&mut scenario.shop.users),
        "products" => Some(&mut scenario.shop.products),
        "orders" => Some(&mut scenario.shop.orders),
        _ => None,
    };
    if let Some(rows) = rows {
        let number = units::integer(value, MAX_ROWS)
            .map_err(|error| AdjustError::new(format!("{name}: {error}"), error.help()))?;
        if number == 0 && name != "orders" {
            return Err(AdjustError::new(
                format!("{name}: a shop has at least one"),
                "write a number from 1",
            ));
        }
        // Bounded just above.
        *rows = u32::try_from(number).unwrap_or(u32::MAX);
        return Ok(());
    }
    let mut known = vec!["users", "products", "orders"];
    let mut found = false;
    for rule in &mut scenario.faults {
        let parameters = vocabulary.parameters(&rule.fault);
        known.extend(&parameters);
        if parameters.contains(&name) {
            vocabulary
                .check_parameter(&rule.fault, name, value)
                .map_err(|bad| AdjustError::new(format!("{name}: {}", bad.message), bad.help))?;
            rule.parameters.insert(name.to_owned(), value.to_owned());
            found = true;
        }
    }
    if found {
        return Ok(());
    }
    Err(AdjustError::new(
        format!("{} has no quantity `{name}`", scenario.name),
        words::suggest(name, known),
    ))
}

/// Leaves out what is expected of those whom the faults strike, and gives it: how much they suffer from which value is what a sweep asks.
pub fn leave_effects_open(scenario: &mut Scenario) -> Vec<String> {
    leave_out(scenario, |expectation| {
        let healthy = |cohort: Option<Cohort>| !matches!(cohort, Some(Cohort::Affected | Cohort::Bystander));
        let of_all = matches!(population(expectation), Population::All | Population::Healthy);
        of_all && terms(expectation).all(|term| healthy(cohort(term)))
    })
}

fn leave_out(scenario: &mut Scenario, keep: impl Fn(&Expectation) -> bool) -> Vec<String> {
    let (kept, left_out) = std::mem::take(&mut scenario.expect).into_iter().partition(keep);
    scenario.expect = kept;
    let left_out: Vec<Expectation> = left_out;
    left_out.into_iter().map(|expectation| expectation.text).collect()
}

/// The faults that a scenario still has.
struct Remaining<'a> {
    rules: Vec<FaultRule>,
    /// None was taken out.
    all: bool,
    vocabulary: &'a dyn Vocabulary,
}

impl Remaining<'_> {
    /// Whether what an expectation speaks of can exist in a run with these faults.
    fn makes_sense(&self, expectation: &Expectation) -> bool {
        let is_there = match population(expectation) {
            Population::All | Population::Healthy => true,
            Population::Affected { fault: Some(fault) } => self.has(fault),
            Population::Affected { fault: None } | Population::Bystander => !self.rules.is_empty(),
        };
        is_there && terms(expectation).all(|term| self.can_be(term))
    }

    fn can_be(&self, term: &Term) -> bool {
        if let Term::Prevented { fault } = term {
            return self.has(fault);
        }
        let journey = match term {
            Term::Latency { journey, .. } => Some(journey.as_str()),
            _ => None,
        };
        match cohort(term) {
            Some(Cohort::Affected) => self.rules.iter().any(|rule| {
                let is_picked = rule
                    .journey
                    .as_deref()
                    .is_none_or(|picked| journey.is_none_or(|it| it == picked));
                is_picked && self.comes_to(journey, rule)
            }),
            // Who waits for those whom a fault strikes may be anywhere; those that were there when another fault was are not.
            Some(Cohort::Bystander) => {
                !self.rules.is_empty()
                    && (self.all || self.rules.iter().any(|rule| self.comes_to(journey, rule)))
            }
            Some(Cohort::All | Cohort::Healthy) | None => true,
        }
    }

    fn comes_to(&self, journey: Option<&str>, rule: &FaultRule) -> bool {
        journey.is_none_or(|journey| {
            self.vocabulary.reaches(journey, &rule.at)
                || self.vocabulary.strikes_for_a_time(&rule.fault, &rule.at)
        })
    }

    fn has(&self, fault: &str) -> bool {
        self.rules.iter().any(|rule| rule.fault == fault)
    }
}

/// What an expectation compares.
fn terms(expectation: &Expectation) -> impl Iterator<Item = &Term> {
    let comparison = match &expectation.check {
        Check::Run(comparison) | Check::Traces { comparison, .. } => Some(comparison),
        Check::Query { .. } => None,
    };
    comparison.into_iter().flat_map(|comparison| {
        let right = match &comparison.right {
            Operand::Scaled { term, .. } => Some(term),
            Operand::Quantity(_) => None,
        };
        std::iter::once(&comparison.left).chain(right)
    })
}

fn cohort(term: &Term) -> Option<Cohort> {
    match term {
        Term::Latency { cohort, .. } | Term::Spans { cohort, .. } => Some(*cohort),
        Term::Prevented { .. } | Term::Errors { .. } | Term::Throughput { .. } | Term::Dropped => None,
    }
}

/// Of whom it must hold.
fn population(expectation: &Expectation) -> &Population {
    match &expectation.check {
        Check::Traces {
            quantifier: Quantifier::AtLeast { of, .. },
            ..
        }
        | Check::Query {
            quantifier: Quantifier::AtLeast { of, .. },
            ..
        } => of,
        _ => &Population::All,
    }
}
