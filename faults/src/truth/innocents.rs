//! Harmless oddities that were really there, and what is told of them: whoever blames one is wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ledger::Ledger;
use super::windows::milliseconds;
use crate::plan::hex;

/// What happened of a distractor.
#[derive(Debug, Clone, PartialEq)]
pub enum Innocent {
    /// A request of its.
    Request {
        /// The planned request's number.
        sequence: u64,
        /// Its trace.
        trace_id: [u8; 16],
        /// The distractor's name.
        distractor: &'static str,
    },
    /// It was there for a time, at a service or a bought-in party. Times are from the start of the load.
    Event {
        /// The distractor's name.
        distractor: &'static str,
        /// Where.
        at: String,
        /// When it began.
        from: Duration,
        /// When it was over.
        until: Duration,
    },
}

/// What there was of one distractor; an element of `distractors[]` in `summary.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InnocentAccount {
    /// The distractor's name.
    pub distractor: String,
    /// The service or party that it was at, for one that was at one.
    pub at: Option<String>,
    /// How many requests were its own.
    pub requests: u64,
    /// How often it was there, for one that is no requests.
    pub events: u64,
}

/// A line of `truth.jsonl` that tells of an innocent.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum InnocentLine<'a> {
    /// Of one request.
    Request {
        /// In hexadecimal.
        trace_id: String,
        /// The planned request's number.
        sequence: u64,
        /// The distractor's name.
        distractor: &'a str,
        /// Always `innocent`.
        role: &'static str,
    },
    /// Of something that was there for a time.
    Event {
        /// When, from the start of the load.
        window: EventTimes,
        /// The distractor's name.
        distractor: &'a str,
        /// The service or party.
        at: &'a str,
        /// Always `innocent`.
        role: &'static str,
    },
}

/// In milliseconds from the start of the load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EventTimes {
    /// When it began.
    pub from_ms: f64,
    /// When it was over.
    pub until_ms: f64,
}

const ROLE: &str = "innocent";

impl Innocent {
    fn name(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Request { distractor, .. } => (distractor, None),
            Self::Event { distractor, at, .. } => (distractor, Some(at)),
        }
    }

    pub(super) fn line(&self) -> InnocentLine<'_> {
        match self {
            Self::Request {
                sequence,
                trace_id,
                distractor,
            } => InnocentLine::Request {
                trace_id: hex(trace_id),
                sequence: *sequence,
                distractor,
                role: ROLE,
            },
            Self::Event {
                distractor,
                at,
                from,
                until,
            } => InnocentLine::Event {
                window: EventTimes {
                    from_ms: milliseconds(*from),
                    until_ms: milliseconds(*until),
                },
                distractor,
                at,
                role: ROLE,
            },
        }
    }
}

impl Ledger {
    /// Something odd and harmless was there.
    pub fn innocent(&mut self, innocent: Innocent) {
        self.innocents.push(innocent);
    }

    /// What there was of each distractor, by name and place.
    #[must_use]
    pub fn innocent_accounts(&self) -> Vec<InnocentAccount> {
        let mut accounts: BTreeMap<(&str, Option<&str>), InnocentAccount> = BTreeMap::new();
        for innocent in &self.innocents {
            let (name, at) = innocent.name();
            let account = accounts.entry((name, at)).or_default();
            match innocent {
                Innocent::Request { .. } => account.requests += 1,
                Innocent::Event { .. } => account.events += 1,
            }
        }
        accounts
            .into_iter()
            .map(|((name, at), account)| InnocentAccount {
                distractor: name.to_owned(),
                at: at.map(str::to_owned),
                ..account
            })
            .collect()
    }
}
