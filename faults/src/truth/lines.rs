//! `truth.jsonl`: a line for each fault that was intended or applied in a request.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::Role;
use super::ledger::{Ledger, Record, Strike};
use crate::catalogue;
use crate::plan::hex;

/// A line of `truth.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TruthLine<'a> {
    /// In hexadecimal.
    pub trace_id: String,
    /// The planned request's number; none for one that was sent by hand.
    pub sequence: Option<u64>,
    /// None when it is not known, as for a request that was sent by hand.
    pub journey: Option<&'a str>,
    /// The catalogue's name.
    pub fault: &'a str,
    /// An operation or an edge.
    pub at: &'a str,
    /// Whether the fault picked the request.
    pub intended: bool,
    /// Whether it struck there.
    pub applied: bool,
    /// Why it could not strike, if it was intended and something stood in the way.
    pub prevented: Option<&'a str>,
    /// `culprit` or `bystander`.
    pub role: &'static str,
    /// Where it can be seen, in hexadecimal.
    pub span_ids: Vec<String>,
    /// What was measured, if it struck.
    pub effect: Option<EffectLine>,
}

/// The effect of one strike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EffectLine {
    /// `queries`, `held` …
    pub name: &'static str,
    /// In the effect's unit.
    #[serde(serialize_with = "number")]
    pub value: f64,
}

/// Writes whole numbers without a decimal point: 21 queries, not 21.0.
pub(super) fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    let whole = *value as i64;
    if whole as f64 == *value {
        serializer.serialize_i64(whole)
    } else {
        serializer.serialize_f64(*value)
    }
}

impl Ledger {
    /// Every line: planned requests by sequence number, then those that were sent by hand.
    pub fn lines(&self) -> impl Iterator<Item = TruthLine<'_>> {
        let planned = self.planned.iter().flat_map(|(&sequence, record)| {
            not_struck(sequence, record).chain(
                record
                    .strikes
                    .iter()
                    .map(move |strike| struck(Some(sequence), Some(record), strike)),
            )
        });
        planned.chain(self.manual.iter().map(|strike| struck(None, None, strike)))
    }

    /// Writes all lines, each with its newline.
    ///
    /// # Errors
    /// When writing fails.
    pub fn write_truth(&self, output: &mut impl Write) -> io::Result<()> {
        for line in self.lines() {
            serde_json::to_writer(&mut *output, &line)?;
            output.write_all(b"\n")?;
        }
        Ok(())
    }
}

/// The lines of what was intended and did not strike.
fn not_struck(sequence: u64, record: &Record) -> impl Iterator<Item = TruthLine<'_>> {
    record
        .intended
        .iter()
        .filter(|(fault, at)| record.struck(fault, at).is_none())
        .map(move |(fault, at)| TruthLine {
            trace_id: hex(&record.trace_id),
            sequence: Some(sequence),
            journey: record.journey.as_deref(),
            fault,
            at,
            intended: true,
            applied: false,
            prevented: record.obstacle(),
            role: "culprit",
            span_ids: Vec::new(),
            effect: None,
        })
}

fn struck<'a>(sequence: Option<u64>, record: Option<&'a Record>, strike: &'a Strike) -> TruthLine<'a> {
    let is_culprit = strike.role == Role::Culprit;
    TruthLine {
        trace_id: hex(&strike.trace_id),
        sequence,
        journey: record.and_then(|record| record.journey.as_deref()),
        fault: strike.fault,
        at: &strike.at,
        intended: is_culprit && record.is_some_and(|record| record.intends(strike.fault, &strike.at)),
        applied: true,
        prevented: None,
        role: if is_culprit { "culprit" } else { "bystander" },
        span_ids: strike.span_ids.iter().map(|id| hex(id)).collect(),
        effect: catalogue::find(strike.fault).map(|fault| EffectLine {
            name: fault.effect.name,
            value: strike.effect,
        }),
    }
}
