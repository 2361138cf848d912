//! `truth.jsonl`: a line for each fault that was to strike for a time, for each that was intended or applied in a request, and for
//! whatever was odd and is innocent.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::ledger::{Ledger, Record, Strike};
use super::{InnocentLine, Role, Window, WindowOutcome, WindowTimes};
use crate::catalogue;
use crate::plan::hex;

/// A line of `truth.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum TruthLine<'a> {
    /// Of one request.
    Request(RequestLine<'a>),
    /// Of a fault that was to strike for a time.
    Window(WindowLine<'a>),
    /// Of something odd that is no fault.
    Innocent(InnocentLine<'a>),
}

/// A fault that was to strike for a time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WindowLine<'a> {
    /// In place of a trace: when.
    pub window: WindowTimes,
    /// The catalogue's name.
    pub fault: &'a str,
    /// An operation, an edge or a service.
    pub at: &'a str,
    /// Always true.
    pub intended: bool,
    /// Whether it was set.
    pub applied: bool,
    /// Why it could not be set, if something stood in the way.
    pub prevented: Option<&'a str>,
    /// Always `culprit`.
    pub role: &'static str,
    /// Always empty; whom it hit has lines of their own.
    pub span_ids: [String; 0],
    /// Always none, for the same reason.
    pub effect: Option<EffectLine>,
}

/// A fault in one request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RequestLine<'a> {
    /// In hexadecimal; none when it is not known.
    pub trace_id: Option<String>,
    /// The planned request's number; none for one that was sent by hand.
    pub sequence: Option<u64>,
    /// None when it is not known, as for a request that was sent by hand.
    pub journey: Option<&'a str>,
    /// The catalogue's name.
    pub fault: &'a str,
    /// An operation, an edge or a service.
    pub at: &'a str,
    /// Whether the fault picked the request, or was set for a time and met it.
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
    /// Every line: what was to strike for a time, planned requests by sequence number, then those that were sent by hand, and at last
    /// whatever was odd and is innocent.
    pub fn lines(&self) -> impl Iterator<Item = TruthLine<'_>> {
        let windows = self
            .windows
            .iter()
            .map(|window| TruthLine::Window(set_for_a_time(window)));
        let planned = self.planned.iter().flat_map(move |(&sequence, record)| {
            not_struck(sequence, record).chain(
                record
                    .strikes
                    .iter()
                    .map(move |strike| self.struck(Some(sequence), Some(record), strike)),
            )
        });
        // A connection is in the account; it is no request.
        let is_request =
            move |strike: &&Strike| strike.has_trace() || !self.was_set(strike.fault, &strike.at);
        let manual = self.manual.iter().filter(is_request);
        windows.chain(
            planned
                .chain(manual.map(move |strike| self.struck(None, None, strike)))
                .map(TruthLine::Request)
                .chain(
                    self.innocents
                        .iter()
                        .map(|innocent| TruthLine::Innocent(innocent.line())),
                ),
        )
    }

    fn struck<'a>(
        &self,
        sequence: Option<u64>,
        record: Option<&'a Record>,
        strike: &'a Strike,
    ) -> RequestLine<'a> {
        let is_culprit = strike.role == Role::Culprit;
        let is_intended = record.is_some_and(|record| record.intends(strike.fault, &strike.at))
            || self.was_set(strike.fault, &strike.at);
        RequestLine {
            trace_id: strike.has_trace().then(|| hex(&strike.trace_id)),
            sequence,
            journey: record.and_then(|record| record.journey.as_deref()),
            fault: strike.fault,
            at: &strike.at,
            intended: is_culprit && is_intended,
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
fn not_struck(sequence: u64, record: &Record) -> impl Iterator<Item = RequestLine<'_>> {
    record
        .intended
        .iter()
        .filter(|(fault, at)| record.struck(fault, at).is_none())
        .map(move |(fault, at)| RequestLine {
            trace_id: Some(hex(&record.trace_id)),
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

fn set_for_a_time(window: &Window) -> WindowLine<'_> {
    WindowLine {
        window: WindowTimes::of(window),
        fault: window.fault,
        at: &window.at,
        intended: true,
        applied: window.outcome.is_applied(),
        prevented: match &window.outcome {
            WindowOutcome::Prevented(reason) => Some(reason),
            WindowOutcome::Applied { .. } | WindowOutcome::Missed => None,
        },
        role: "culprit",
        span_ids: [],
        effect: None,
    }
}
