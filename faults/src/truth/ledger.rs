//! What is known of each request that a fault picked or that reported one. Of all others nothing is kept, so that memory
//! grows with the faults of a run, not with its length.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Applied, Innocent, Role, Window};
use crate::plan::{Plan, PlannedRequest};

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered, with success.
    Completed,
    /// It was not; the reason in a few words: `timeout`, `status 503`.
    Failed(String),
    /// The run ended before it did.
    Aborted,
}

/// Who a request was in the faults of its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cohort {
    /// No fault touched it.
    Healthy,
    /// These faults struck in it, each with its place.
    Affected(Vec<(&'static str, String)>),
    /// It suffered from other requests' faults.
    Bystander,
    /// A fault picked it, and it never got there.
    Prevented,
}

/// Collects what was started, how it ended and what was applied, in whatever order that arrives.
#[derive(Debug, Default)]
pub struct Ledger {
    /// By sequence number.
    pub(super) planned: BTreeMap<u64, Record>,
    /// What was reported without a request of the plan: by requests that somebody sent by hand, by work that belongs to no
    /// request, and by connections that were struck.
    pub(super) manual: Vec<Strike>,
    /// What was to strike for a time.
    pub(super) windows: Vec<Window>,
    /// What was odd and harmless.
    pub(super) innocents: Vec<Innocent>,
}

/// What was reported without a request, by trace.
#[derive(Debug, Default)]
pub struct Unclaimed(BTreeMap<[u8; 16], Vec<Strike>>);

/// What is known of one request.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) trace_id: [u8; 16],
    /// Not known for a request that no fault picked, until [`Ledger::name_journeys`].
    pub(super) journey: Option<Arc<str>>,
    pub(super) outcome: Option<Outcome>,
    /// The faults that picked it, with their places.
    pub(super) intended: Vec<(&'static str, String)>,
    pub(super) strikes: Vec<Strike>,
}

/// All that one request reported of one fault at one place in one role.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Strike {
    pub(super) trace_id: [u8; 16],
    pub(super) fault: &'static str,
    pub(super) at: String,
    pub(super) role: Role,
    /// The sum over all times it struck: a request may cross an edge twice.
    pub(super) effect: f64,
    pub(super) span_ids: Vec<[u8; 8]>,
}

impl Strike {
    /// Whether it is known in which trace it struck: a connection to a database belongs to none.
    pub(super) fn has_trace(&self) -> bool {
        self.trace_id != [0; 16]
    }

    fn is_of(&self, applied: &Applied) -> bool {
        self.trace_id == applied.trace_id
            && self.fault == applied.fault
            && self.at == applied.at
            && self.role == applied.role
    }
}

impl Record {
    pub(super) fn struck(&self, fault: &str, at: &str) -> Option<&Strike> {
        self.strikes
            .iter()
            .find(|strike| strike.role == Role::Culprit && strike.fault == fault && strike.at == at)
    }

    pub(super) fn intends(&self, fault: &str, at: &str) -> bool {
        self.intended
            .iter()
            .any(|(name, place)| *name == fault && place == at)
    }

    /// Why a fault that was intended could not strike; none when the request had success, so that nothing stood in the way.
    pub(super) fn obstacle(&self) -> Option<&str> {
        match &self.outcome {
            Some(Outcome::Completed) => None,
            Some(Outcome::Failed(reason)) => Some(reason),
            Some(Outcome::Aborted) | None => Some("aborted"),
        }
    }
}

impl Ledger {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The request was sent. Kept only if a fault rides with it.
    pub fn started(&mut self, request: &PlannedRequest) {
        if request.faults.is_empty() {
            return;
        }
        let record = self.planned.entry(request.sequence).or_default();
        record.trace_id = request.trace_id;
        record.journey = Some(Arc::clone(&request.journey));
        record.intended = request
            .faults
            .iter()
            .map(|fault| (fault.fault, fault.at.clone()))
            .collect();
    }

    /// The request ended. Kept only if something is known of it already, which for one that a fault picked is so from its start.
    pub fn outcome(&mut self, sequence: u64, outcome: Outcome) {
        if let Some(record) = self.planned.get_mut(&sequence) {
            record.outcome = Some(outcome);
        }
    }

    /// Somebody reported that a fault struck.
    pub fn applied(&mut self, applied: Applied) {
        let strikes = match applied.sequence {
            Some(sequence) => {
                let record = self.planned.entry(sequence).or_default();
                if record.intended.is_empty() {
                    record.trace_id = applied.trace_id;
                }
                &mut record.strikes
            }
            None => &mut self.manual,
        };
        // What belongs to no request and no trace stands for itself: one connection is not the next.
        let is_known = applied.sequence.is_some() || applied.trace_id != [0; 16];
        match strikes
            .iter_mut()
            .find(|strike| is_known && strike.is_of(&applied))
        {
            Some(strike) => {
                strike.effect += applied.effect;
                strike.span_ids.extend(applied.span_ids);
            }
            None => strikes.push(Strike {
                trace_id: applied.trace_id,
                fault: applied.fault,
                at: applied.at,
                role: applied.role,
                effect: applied.effect,
                span_ids: applied.span_ids,
            }),
        }
    }

    /// Takes out what was reported without a request: some of it may be of requests of the plan, whose number whoever reported
    /// it did not know. What nobody claims must be given back.
    #[must_use]
    pub fn unclaimed(&mut self) -> Unclaimed {
        let mut unclaimed = Unclaimed::default();
        for strike in std::mem::take(&mut self.manual) {
            unclaimed.0.entry(strike.trace_id).or_default().push(strike);
        }
        unclaimed
    }

    /// What was reported of this request's trace belongs to it.
    pub fn claim(&mut self, unclaimed: &mut Unclaimed, request: &PlannedRequest) {
        let Some(strikes) = unclaimed.0.remove(&request.trace_id) else {
            return;
        };
        let record = self.planned.entry(request.sequence).or_default();
        record.trace_id = request.trace_id;
        record.journey = Some(Arc::clone(&request.journey));
        for strike in strikes {
            let same = |other: &&mut Strike| {
                (other.fault, &other.at, other.role) == (strike.fault, &strike.at, strike.role)
            };
            match record.strikes.iter_mut().find(same) {
                Some(known) => {
                    known.effect += strike.effect;
                    known.span_ids.extend(strike.span_ids);
                }
                None => record.strikes.push(strike),
            }
        }
    }

    /// Gives back what nobody has claimed.
    pub fn keep(&mut self, unclaimed: Unclaimed) {
        self.manual.extend(unclaimed.0.into_values().flatten());
    }

    /// Looks the journeys up of requests that no fault picked and that suffered all the same. To be called once, at the end.
    pub fn name_journeys(&mut self, plan: &Plan) {
        let unnamed: BTreeSet<u64> = self
            .planned
            .iter()
            .filter(|(_, record)| record.journey.is_none())
            .map(|(sequence, _)| *sequence)
            .collect();
        for (sequence, journey) in plan.journeys(&unnamed) {
            if let Some(record) = self.planned.get_mut(&sequence) {
                record.journey = Some(journey);
            }
        }
    }

    /// Who that request was.
    #[must_use]
    pub fn cohort(&self, sequence: u64) -> Cohort {
        let Some(record) = self.planned.get(&sequence) else {
            return Cohort::Healthy;
        };
        let affected: Vec<_> = record
            .strikes
            .iter()
            .filter(|strike| strike.role == Role::Culprit)
            .map(|strike| (strike.fault, strike.at.clone()))
            .collect();
        if !affected.is_empty() {
            Cohort::Affected(affected)
        } else if !record.intended.is_empty() {
            Cohort::Prevented
        } else {
            Cohort::Bystander
        }
    }

    /// The trace of that request, if the ledger knows the request.
    #[must_use]
    pub fn trace_id(&self, sequence: u64) -> Option<[u8; 16]> {
        self.planned.get(&sequence).map(|record| record.trace_id)
    }

    /// Every request that the ledger knows, with its trace and cohort; all others are healthy.
    pub fn cohorts(&self) -> impl Iterator<Item = (u64, [u8; 16], Cohort)> {
        self.planned
            .iter()
            .map(|(&sequence, record)| (sequence, record.trace_id, self.cohort(sequence)))
    }
}
