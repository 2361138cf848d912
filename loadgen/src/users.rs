//! The users of the closed model: who thinks until when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use crate::{Request, Steps, User};

/// A user to whom no answer came thinks at least so long: otherwise a service that refuses connections would be met by as
/// many attempts as the processor can make.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);

/// All users, each with at most one request at a time.
pub struct Users {
    start: Instant,
    users: Vec<Active>,
    /// Those who think, by when they will have done so.
    thinking: BinaryHeap<Reverse<(Instant, usize)>>,
    /// Those who will send something yet, or wait for an answer.
    present: usize,
}

struct Active {
    until: Instant,
    steps: Box<dyn Steps + Send>,
    next: Option<Request>,
}

impl Users {
    pub fn new(users: Vec<User>, start: Instant) -> Self {
        let mut all = Self {
            start,
            users: Vec::with_capacity(users.len()),
            thinking: BinaryHeap::new(),
            present: users.len(),
        };
        for (index, user) in users.into_iter().enumerate() {
            all.users.push(Active {
                until: start + user.until,
                steps: user.steps,
                next: None,
            });
            all.think(index, start + user.from, Duration::ZERO);
        }
        all
    }

    /// Whether all have gone.
    pub fn are_gone(&self) -> bool {
        self.present == 0
    }

    /// When the next one will have thought enough.
    pub fn next_due(&self) -> Option<Instant> {
        self.thinking.peek().map(|Reverse((due, _))| *due)
    }

    /// The next one who has thought enough by now, with what they send and since when they are due.
    pub fn pop_due(&mut self, now: Instant) -> Option<(usize, Instant, Request)> {
        while self.next_due().is_some_and(|due| due <= now) {
            let Reverse((due, user)) = self.thinking.pop()?;
            if let Some(request) = self.users[user].next.take() {
                return Some((user, due, request));
            }
        }
        None
    }

    /// A user's request has ended. Gives when the next is due; `None` if there is none.
    pub fn answered(&mut self, user: usize, done: Instant, got_answer: bool) -> Option<Instant> {
        self.think(
            user,
            done,
            if got_answer {
                Duration::ZERO
            } else {
                PAUSE_AFTER_FAILURE
            },
        )
    }

    fn think(&mut self, user: usize, since: Instant, at_least: Duration) -> Option<Instant> {
        let active = &mut self.users[user];
        let due = active
            .steps
            .think()
            .map(|think| since + think.max(at_least))
            .filter(|due| *due < active.until);
        match due {
            Some(due) => {
                active.next = active.steps.request(due.saturating_duration_since(self.start));
                self.thinking.push(Reverse((due, user)));
            }
            None => self.present -= 1,
        }
        due
    }
}
