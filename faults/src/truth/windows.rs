//! Faults that were to strike for a time, and what became of them.

use std::time::Duration;

use serde::Serialize;

use super::ledger::Ledger;
use super::lines::number;

/// A fault that was to strike for a time. Times are from the start of the load.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// The catalogue's name.
    pub fault: &'static str,
    /// An operation, an edge or a service.
    pub at: String,
    /// When it was to begin.
    pub from: Duration,
    /// When it was to end.
    pub until: Duration,
    /// What became of it.
    pub outcome: WindowOutcome,
}

/// What became of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WindowOutcome {
    /// It was set and cleared.
    Applied {
        /// When whoever sets it was asked to: it may have struck since.
        asked: Duration,
        /// When it was said to be set.
        set: Duration,
        /// When it was said to be cleared.
        cleared: Duration,
    },
    /// The run was over before it began; the reason in a few words.
    Prevented(String),
    /// Whoever was to set it refused or did not answer: an error of ours.
    Missed,
}

impl WindowOutcome {
    /// Whether it was set.
    #[must_use]
    pub fn is_applied(&self) -> bool {
        matches!(self, Self::Applied { .. })
    }
}

/// The times of a window, in milliseconds from the start of the load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WindowTimes {
    /// When it was to begin.
    #[serde(serialize_with = "number")]
    pub from_ms: f64,
    /// When it was to end.
    #[serde(serialize_with = "number")]
    pub until_ms: f64,
    /// When it was set, if it was.
    pub set_ms: Option<f64>,
    /// When it was cleared.
    pub cleared_ms: Option<f64>,
}

impl WindowTimes {
    pub(super) fn of(window: &Window) -> Self {
        let (set, cleared) = match window.outcome {
            WindowOutcome::Applied { set, cleared, .. } => (Some(set), Some(cleared)),
            WindowOutcome::Prevented(_) | WindowOutcome::Missed => (None, None),
        };
        Self {
            from_ms: milliseconds(window.from),
            until_ms: milliseconds(window.until),
            set_ms: set.map(milliseconds),
            cleared_ms: cleared.map(milliseconds),
        }
    }
}

pub(super) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

impl Ledger {
    /// A fault was to strike for a time.
    pub fn window(&mut self, window: Window) {
        self.windows.push(window);
    }

    /// Whether that fault was set there for a time, so that whoever it struck was struck as intended.
    pub(super) fn was_set(&self, fault: &str, at: &str) -> bool {
        self.windows
            .iter()
            .any(|window| window.fault == fault && window.at == at && window.outcome.is_applied())
    }
}
