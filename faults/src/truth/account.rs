//! The account of each fault at each place: whether what was intended is what was applied.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::ledger::{Ledger, Strike};
use super::lines::number;
use super::{Role, WindowOutcome};
use crate::catalogue;

/// What became of one fault at one place; an element of `faults[]` in `summary.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FaultAccount {
    /// The catalogue's name.
    pub fault: String,
    /// An operation, an edge or a service.
    pub at: String,
    /// Whether it picked requests, or was set for a time, so that the next figures count windows.
    pub scope: AccountScope,
    /// How many started requests it picked, or how often it was to be set; the sum of the next three.
    pub intended: u64,
    /// In how many of those it struck.
    pub applied: u64,
    /// How many of those never got there.
    pub prevented: u64,
    /// Why they did not, and how many for each reason.
    pub prevented_by: BTreeMap<String, u64>,
    /// In how many of those nothing stood in the way and it did not strike: an error of ours.
    pub missed: u64,
    /// In how many planned requests it struck without having picked them: an error of ours.
    pub unplanned: u64,
    /// In how many requests it struck that somebody sent by hand.
    pub manual: u64,
    /// How many requests suffered from others' strikes.
    pub bystanders: u64,
    /// How many requests it struck while it was set for a time.
    pub hit: u64,
    /// How many connections it struck meanwhile, of which nobody knows whose requests they carried.
    pub connections: u64,
    /// What it did to the requests (or connections) in which it struck as intended; none when it struck in none.
    pub effect: Option<MeasuredEffect>,
}

/// What an account counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountScope {
    /// Requests that the fault picked.
    #[default]
    Request,
    /// Times for which it was set.
    Window,
}

/// A measured effect over many requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredEffect {
    /// `queries`, `held` …
    pub name: String,
    /// `ms`, or empty for a plain count.
    pub unit: String,
    /// The median.
    #[serde(serialize_with = "number")]
    pub p50: f64,
    /// The 95th percentile.
    #[serde(serialize_with = "number")]
    pub p95: f64,
    /// The largest.
    #[serde(serialize_with = "number")]
    pub max: f64,
}

impl FaultAccount {
    /// Whether everything was as intended.
    #[must_use]
    pub fn is_true(&self) -> bool {
        self.missed == 0 && self.unplanned == 0
    }
}

/// An account in the making.
#[derive(Debug, Default)]
struct Draft {
    account: FaultAccount,
    effects: Vec<f64>,
    /// A request that waits twice is one bystander.
    bystanders: BTreeSet<[u8; 16]>,
    /// Likewise.
    hit: BTreeSet<[u8; 16]>,
}

impl Ledger {
    /// The account of each fault at each place that was intended or applied, by name and place.
    #[must_use]
    pub fn accounts(&self) -> Vec<FaultAccount> {
        let mut drafts: BTreeMap<(&'static str, String), Draft> = BTreeMap::new();
        for record in self.planned.values() {
            for (fault, at) in &record.intended {
                let draft = drafts.entry((fault, at.clone())).or_default();
                draft.account.intended += 1;
                match (record.struck(fault, at), record.obstacle()) {
                    (Some(strike), _) => {
                        draft.account.applied += 1;
                        draft.effects.push(strike.effect);
                    }
                    (None, Some(reason)) => {
                        draft.account.prevented += 1;
                        *draft.account.prevented_by.entry(reason.to_owned()).or_default() += 1;
                    }
                    (None, None) => draft.account.missed += 1,
                }
            }
            for strike in &record.strikes {
                let draft = draft_of(&mut drafts, strike);
                match strike.role {
                    Role::Bystander => drop(draft.bystanders.insert(strike.trace_id)),
                    Role::Culprit if record.intends(strike.fault, &strike.at) => {}
                    Role::Culprit if self.was_set(strike.fault, &strike.at) => draft.hit(strike),
                    Role::Culprit => draft.account.unplanned += 1,
                }
            }
        }
        for strike in &self.manual {
            let draft = draft_of(&mut drafts, strike);
            match strike.role {
                Role::Bystander => drop(draft.bystanders.insert(strike.trace_id)),
                Role::Culprit if self.was_set(strike.fault, &strike.at) => draft.hit(strike),
                Role::Culprit => draft.account.manual += 1,
            }
        }
        for window in &self.windows {
            let draft = drafts.entry((window.fault, window.at.clone())).or_default();
            draft.window(&window.outcome);
        }
        drafts
            .into_iter()
            .map(|((fault, at), draft)| draft.finish(fault, at))
            .collect()
    }
}

fn draft_of<'a>(drafts: &'a mut BTreeMap<(&'static str, String), Draft>, strike: &Strike) -> &'a mut Draft {
    drafts.entry((strike.fault, strike.at.clone())).or_default()
}

impl Draft {
    /// It struck while the fault was set for a time.
    fn hit(&mut self, strike: &Strike) {
        if strike.has_trace() {
            self.hit.insert(strike.trace_id);
        } else {
            self.account.connections += 1;
        }
        self.effects.push(strike.effect);
    }

    fn window(&mut self, outcome: &WindowOutcome) {
        self.account.scope = AccountScope::Window;
        self.account.intended += 1;
        match outcome {
            WindowOutcome::Applied { .. } => self.account.applied += 1,
            WindowOutcome::Prevented(reason) => {
                self.account.prevented += 1;
                *self.account.prevented_by.entry(reason.clone()).or_default() += 1;
            }
            WindowOutcome::Missed => self.account.missed += 1,
        }
    }

    fn finish(self, fault: &'static str, at: String) -> FaultAccount {
        FaultAccount {
            fault: fault.to_owned(),
            at,
            bystanders: self.bystanders.len() as u64,
            hit: self.hit.len() as u64,
            effect: measured(fault, self.effects),
            ..self.account
        }
    }
}

fn measured(fault: &str, mut effects: Vec<f64>) -> Option<MeasuredEffect> {
    effects.sort_by(f64::total_cmp);
    let entry = catalogue::find(fault)?;
    Some(MeasuredEffect {
        name: entry.effect.name.to_owned(),
        unit: entry.effect.unit.to_owned(),
        p50: percentile(&effects, 50)?,
        p95: percentile(&effects, 95)?,
        max: *effects.last()?,
    })
}

/// The smallest value that at least that many of a hundred do not exceed (the nearest-rank percentile).
fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}
