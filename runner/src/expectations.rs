//! Whether what a scenario expects did hold, with what was observed instead and traces to look at.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use faults::truth::{self, FaultAccount, Ledger};
use loadgen::{CohortName, Ending, Latency, Outcome, Recorder, Sample};
use scenarios::expectation::{Check, Cohort, Comparison, Expectation, Operand, Population, Quantifier, Term};
use scenarios::model::{Model, Scenario};
use serde::Serialize;
use trace::TraceId;
use trace::traceql::Query;

use crate::report::quantity::milliseconds;
use crate::samples::Samples;

/// How many traces a verdict names.
const TRACES_NAMED: usize = 5;

/// What became of one expectation; an element of `expectations[]` in `summary.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// As written.
    pub text: String,
    /// Whether it held. What could not be observed did not hold.
    pub held: bool,
    /// The figures that were compared.
    pub observed: String,
    /// Traces that show it, the most telling first.
    pub trace_ids: Vec<String>,
}

/// What expectations are judged by.
pub struct Evidence<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The counts of the load.
    pub outcome: &'a Outcome,
    /// The latencies.
    pub recorder: &'a Recorder,
    /// The single requests.
    pub samples: &'a Samples,
    /// Who was struck.
    pub ledger: &'a Ledger,
    /// What became of each fault.
    pub faults: &'a [FaultAccount],
    /// Names of spans that were counted in each trace …
    pub counted: &'a [(String, String)],
    /// … and how often each occurs.
    pub counts: &'a [HashMap<TraceId, u32>],
    /// Which traces match each of the [`queries`].
    pub matching: &'a [HashSet<TraceId>],
}

/// The spans that these expectations count: service and name, each once.
#[must_use]
pub fn counted_spans(expectations: &[Expectation]) -> Vec<(String, String)> {
    let mut counted = Vec::new();
    for expectation in expectations {
        let (Check::Run(comparison) | Check::Traces { comparison, .. }) = &expectation.check else {
            continue;
        };
        let right = match &comparison.right {
            Operand::Scaled { term, .. } => Some(term),
            Operand::Quantity(_) => None,
        };
        for term in [Some(&comparison.left), right].into_iter().flatten() {
            if let Term::Spans { service, name, .. } = term {
                let pair = (service.clone(), name.clone());
                if !counted.contains(&pair) {
                    counted.push(pair);
                }
            }
        }
    }
    counted
}

/// The queries among these expectations, in order.
#[must_use]
pub fn queries(expectations: &[Expectation]) -> Vec<&Query> {
    let checks = expectations.iter().map(|expectation| &expectation.check);
    checks
        .filter_map(|check| match check {
            Check::Query { query, .. } => Some(&**query),
            _ => None,
        })
        .collect()
}

/// Judges each expectation.
#[must_use]
pub fn evaluate(evidence: &Evidence<'_>) -> Vec<Verdict> {
    let judge = Judge::new(evidence);
    let mut matching = evidence.matching.iter();
    let expectations = evidence.scenario.expect.iter();
    expectations
        .map(|expectation| judge.verdict(expectation, &mut matching))
        .collect()
}

struct Judge<'a> {
    evidence: &'a Evidence<'a>,
    cohorts: BTreeMap<u64, truth::Cohort>,
}

impl<'a> Judge<'a> {
    fn new(evidence: &'a Evidence<'a>) -> Self {
        let cohorts = evidence
            .ledger
            .cohorts()
            .map(|(sequence, _, cohort)| (sequence, cohort))
            .collect();
        Self { evidence, cohorts }
    }

    /// Judges one expectation; `matching` goes from query to query.
    fn verdict(
        &self,
        expectation: &Expectation,
        matching: &mut std::slice::Iter<'_, HashSet<TraceId>>,
    ) -> Verdict {
        let (held, mut observed, traces) = match &expectation.check {
            Check::Run(comparison) => self.run(comparison),
            Check::Traces {
                comparison,
                quantifier,
            } => self.traces(comparison, quantifier),
            Check::Query { quantifier, .. } => match matching.next() {
                Some(matching) => self.quantified(quantifier, |trace_id| matching.contains(&trace_id)),
                None => (false, "observed nothing".into(), Vec::new()),
            },
        };
        if self.evidence.samples.forgotten() > 0 && !traces.is_empty() {
            observed.push_str(" (of the requests that ended last)");
        }
        let trace_ids = traces
            .into_iter()
            .take(TRACES_NAMED)
            .map(|id| id.to_string())
            .collect();
        Verdict {
            text: expectation.text.clone(),
            held,
            observed,
            trace_ids,
        }
    }

    fn run(&self, comparison: &Comparison) -> (bool, String, Vec<TraceId>) {
        let left = self.value(&comparison.left);
        let (right, shown) = match &comparison.right {
            Operand::Quantity(quantity) => (Some(quantity.value()), String::new()),
            Operand::Scaled { factor, term } => {
                let value = self.value(term);
                let shown = value.map_or_else(|| "nothing".to_owned(), |value| show(term, value));
                (
                    value.map(|value| value * factor),
                    format!(", against {factor} × {shown}"),
                )
            }
        };
        let observed = left.map_or_else(|| "nothing".to_owned(), |value| show(&comparison.left, value));
        let held = match (left, right) {
            (Some(left), Some(right)) => comparison.operator.holds(left, right),
            // Of no requests at all, nothing can be said to hold.
            _ => false,
        };
        (
            held,
            format!("observed {observed}{shown}"),
            self.examples(&comparison.left),
        )
    }

    fn traces(&self, comparison: &Comparison, quantifier: &Quantifier) -> (bool, String, Vec<TraceId>) {
        let (Term::Spans { service, name, .. }, Operand::Quantity(limit)) =
            (&comparison.left, &comparison.right)
        else {
            return (false, "only spans are counted trace by trace".into(), Vec::new());
        };
        self.quantified(quantifier, |trace_id| {
            let count = self.count(service, name, trace_id);
            comparison.operator.holds(f64::from(count), limit.value())
        })
    }

    /// Whether as many traces as it says are such.
    fn quantified(
        &self,
        quantifier: &Quantifier,
        is_such: impl Fn(TraceId) -> bool,
    ) -> (bool, String, Vec<TraceId>) {
        let (Quantifier::AtLeast { of, .. } | Quantifier::AtMost { of, .. } | Quantifier::Never { of }) =
            quantifier;
        let samples = self.evidence.samples.iter();
        let members: Vec<&Sample> = samples.filter(|sample| self.is_in(sample, of)).collect();
        let (matching, others): (Vec<&Sample>, Vec<&Sample>) = members
            .iter()
            .partition(|sample| is_such(TraceId(sample.trace_id)));
        let observed = format!("{} of {} traces", matching.len(), members.len());
        let ids = |samples: &[&Sample]| samples.iter().map(|sample| TraceId(sample.trace_id)).collect();
        match quantifier {
            Quantifier::AtLeast { share, .. } => {
                let held = !members.is_empty() && matching.len() as f64 >= share * members.len() as f64;
                // Traces that show it when it held, and those that do not when it did not.
                (held, observed, ids(if held { &matching } else { &others }))
            }
            Quantifier::AtMost { traces, .. } => (matching.len() as u64 <= *traces, observed, ids(&matching)),
            Quantifier::Never { .. } => (matching.is_empty(), observed, ids(&matching)),
        }
    }

    fn value(&self, term: &Term) -> Option<f64> {
        match term {
            Term::Latency {
                percentile,
                journey,
                cohort,
            } => {
                let latency = if self.is_closed(journey) {
                    Latency::FromSend
                } else {
                    Latency::FromSchedule
                };
                let value =
                    self.evidence
                        .recorder
                        .percentile(journey, cohort_name(*cohort), latency, *percentile);
                value.map(|duration| duration.as_secs_f64())
            }
            Term::Errors { journey } => {
                let (completed, failed) = self.ended(journey.as_deref());
                (completed + failed > 0).then(|| failed as f64 / (completed + failed) as f64)
            }
            Term::Throughput { journey } => {
                let (completed, _) = self.ended(journey.as_deref());
                let seconds = self
                    .evidence
                    .outcome
                    .duration
                    .saturating_sub(self.evidence.scenario.warm_up)
                    .as_secs_f64();
                (seconds > 0.0).then(|| completed as f64 / seconds)
            }
            Term::Dropped => Some(self.evidence.outcome.dropped as f64),
            Term::Prevented { fault } => {
                let of_fault = self
                    .evidence
                    .faults
                    .iter()
                    .filter(|account| account.fault == *fault);
                Some(of_fault.map(|account| account.prevented).sum::<u64>() as f64)
            }
            Term::Spans {
                service,
                name,
                cohort,
            } => {
                let population = match cohort {
                    Cohort::All => Population::All,
                    Cohort::Affected => Population::Affected { fault: None },
                    Cohort::Healthy => Population::Healthy,
                    Cohort::Bystander => Population::Bystander,
                };
                let members = self
                    .evidence
                    .samples
                    .iter()
                    .filter(|sample| self.is_in(sample, &population));
                let (mut traces, mut spans) = (0_u64, 0_u64);
                for sample in members {
                    traces += 1;
                    spans += u64::from(self.count(service, name, TraceId(sample.trace_id)));
                }
                (traces > 0).then(|| spans as f64 / traces as f64)
            }
        }
    }

    /// Completed and failed, without the warm-up.
    fn ended(&self, journey: Option<&str>) -> (u64, u64) {
        let figures = self.evidence.recorder.journeys();
        let counted = figures.iter().filter(|figures| {
            figures.cohort == CohortName::All && journey.is_none_or(|journey| figures.journey == journey)
        });
        counted.fold((0, 0), |sum, figures| {
            (sum.0 + figures.completed, sum.1 + figures.failed)
        })
    }

    /// Traces that show what a term measures.
    fn examples(&self, term: &Term) -> Vec<TraceId> {
        let mut samples: Vec<&Sample> = match term {
            Term::Latency { journey, cohort, .. } => self
                .evidence
                .samples
                .iter()
                .filter(|sample| self.is_of(sample, journey) && self.is_cohort(sample, *cohort))
                .collect(),
            Term::Errors { journey } => self
                .evidence
                .samples
                .iter()
                .filter(|sample| matches!(sample.ending, Ending::Failed(_)))
                .filter(|sample| journey.as_ref().is_none_or(|journey| self.is_of(sample, journey)))
                .collect(),
            _ => Vec::new(),
        };
        if let Term::Latency { percentile, .. } = term {
            // Those around the percentile itself.
            samples.sort_by_key(|sample| sample.latency_from_schedule());
            let rank = (percentile / 100.0 * samples.len() as f64).ceil() as usize;
            let from = rank
                .saturating_sub(1)
                .min(samples.len().saturating_sub(TRACES_NAMED));
            samples.drain(..from);
        }
        samples
            .iter()
            .take(TRACES_NAMED)
            .map(|sample| TraceId(sample.trace_id))
            .collect()
    }

    fn is_of(&self, sample: &Sample, journey: &str) -> bool {
        self.evidence.recorder.journey_name(sample.journey) == Some(journey)
    }

    fn is_cohort(&self, sample: &Sample, cohort: Cohort) -> bool {
        match cohort {
            Cohort::All => true,
            Cohort::Affected => self.is_in(sample, &Population::Affected { fault: None }),
            Cohort::Healthy => self.is_in(sample, &Population::Healthy),
            Cohort::Bystander => self.is_in(sample, &Population::Bystander),
        }
    }

    fn is_in(&self, sample: &Sample, population: &Population) -> bool {
        let cohort = self
            .cohorts
            .get(&sample.sequence)
            .unwrap_or(&truth::Cohort::Healthy);
        match (population, cohort) {
            (Population::All, _)
            | (Population::Healthy, truth::Cohort::Healthy)
            | (Population::Bystander, truth::Cohort::Bystander) => true,
            (Population::Affected { fault }, truth::Cohort::Affected(struck)) => fault
                .as_ref()
                .is_none_or(|fault| struck.iter().any(|(name, _)| name == fault)),
            _ => false,
        }
    }

    fn count(&self, service: &str, name: &str, trace_id: TraceId) -> u32 {
        let index = self
            .evidence
            .counted
            .iter()
            .position(|(s, n)| s == service && n == name);
        let counts = index.and_then(|index| self.evidence.counts.get(index));
        counts
            .and_then(|counts| counts.get(&trace_id))
            .copied()
            .unwrap_or(0)
    }

    fn is_closed(&self, journey: &str) -> bool {
        let of_journey = |load: &&scenarios::model::Load| load.mix.iter().any(|(name, _)| name == journey);
        let mut loads = self.evidence.scenario.load.iter().filter(of_journey);
        loads.any(|load| matches!(load.model, Model::Closed { .. }))
    }
}

fn cohort_name(cohort: Cohort) -> CohortName {
    match cohort {
        Cohort::All => CohortName::All,
        Cohort::Affected => CohortName::Affected,
        Cohort::Healthy => CohortName::Healthy,
        Cohort::Bystander => CohortName::Bystander,
    }
}

fn show(term: &Term, value: f64) -> String {
    match term {
        Term::Latency { .. } => format!(
            "{} ms",
            milliseconds(Duration::from_secs_f64(value).as_secs_f64() * 1e3)
        ),
        Term::Errors { .. } => format!("{:.2}%", value * 100.0),
        Term::Throughput { .. } => format!("{value:.1}/s"),
        Term::Dropped | Term::Prevented { .. } => format!("{value}"),
        Term::Spans { .. } => format!("{value:.1} a trace"),
    }
}
