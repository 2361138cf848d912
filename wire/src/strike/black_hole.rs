//! `black-hole`: what the client sends is taken and goes nowhere, and the connection stays open.

use std::time::{Duration, Instant};

use super::Mechanism;

pub(super) fn draw() -> Mechanism {
    Mechanism::Swallowed(Swallowed { since: None })
}

/// What was taken and not passed on.
#[derive(Debug)]
pub(crate) struct Swallowed {
    since: Option<Instant>,
}

impl Swallowed {
    /// Bytes came at that moment.
    pub(crate) fn swallow(&mut self, came: Instant) {
        self.since.get_or_insert(came);
    }

    /// How long the client has been waiting for an answer to what it sent; none when it sent nothing.
    pub(crate) fn waited(&self) -> Option<Duration> {
        self.since.map(|since| since.elapsed())
    }
}
