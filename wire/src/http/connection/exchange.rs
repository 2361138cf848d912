//! A request and its answer, and what strikes them.

use http1::Answers;

use crate::strike::{Cut, Mechanism, Strike};

/// What is known of the request that is under way.
pub(super) struct Exchange {
    pub(super) answers: Answers,
    pub(super) keep_alive: bool,
    /// Some of the answer was let through, so that it is too late for one of ours.
    pub(super) answered: bool,
    /// The client was not told how long the answer is: only the end of the connection says so.
    pub(super) ends_with_connection: bool,
    pub(super) strike: Option<Strike>,
}

impl Exchange {
    /// Before the first request.
    pub(super) fn none() -> Self {
        Self {
            answers: Answers::Other,
            keep_alive: true,
            answered: false,
            ends_with_connection: false,
            strike: None,
        }
    }

    /// What the fault does that strikes, if one does.
    pub(super) fn mechanism(&mut self) -> Option<&mut Mechanism> {
        self.strike.as_mut().map(|strike| &mut strike.mechanism)
    }

    /// Where the answer breaks off, if it does.
    pub(super) fn cut(&mut self) -> Option<&mut Cut> {
        match self.mechanism() {
            Some(Mechanism::Cut(cut)) => Some(cut),
            _ => None,
        }
    }
}
