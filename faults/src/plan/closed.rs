//! The closed model: users who wait for the answer, think, and go on. What each does, and how long it thinks, is planned; when
//! that happens, and how much of it fits into the load's time, is measured.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use seed::draws::{Domain, Draws};

use super::Inner;
use super::request::{Draft, PlannedRequest};
use super::stream::{Kind, Stream};

/// Sequence numbers from here on belong to the closed model: user and step, side by side, below 2⁵³, so that even a reader of
/// JSON that keeps numbers as floating point keeps them whole.
pub(super) const FIRST_SEQUENCE: u64 = 1 << 52;
const STEP_BITS: u32 = 34;
/// The most users at once.
pub(super) const MAX_USERS: u32 = (1 << (52 - STEP_BITS)) - 1;

/// A user of the closed model: an endless sequence of steps, of which as many are taken as fit.
#[derive(Debug)]
pub struct ClosedUser {
    plan: Arc<Inner>,
    stream: usize,
    user: u32,
    next_step: u64,
}

impl ClosedUser {
    /// Its number, from 1 over all loads. It acts as the shop's user of that number, or of the rest when there are fewer.
    #[must_use]
    pub fn user(&self) -> u32 {
        self.user
    }

    /// When it may begin, from the start of the run.
    #[must_use]
    pub fn from(&self) -> Duration {
        self.plan.streams[self.stream].from
    }

    /// When it must not begin another step, from the start of the run.
    #[must_use]
    pub fn until(&self) -> Duration {
        self.plan.streams[self.stream].until()
    }
}

impl Iterator for ClosedUser {
    type Item = ClosedStep;

    fn next(&mut self) -> Option<ClosedStep> {
        let step = self.next_step;
        if step >> STEP_BITS != 0 {
            return None;
        }
        self.next_step += 1;
        let stream = &self.plan.streams[self.stream];
        let sequence = sequence(self.user, step);
        let shop_user = (self.user - 1) % self.plan.scale.users.max(1) + 1;
        let draft = Draft::new(&self.plan, sequence, &stream.mix, Some(shop_user));
        let think = think_time(self.plan.seed, sequence, step, stream);
        Some(ClosedStep {
            user: self.user,
            step,
            think,
            draft,
        })
    }
}

/// One step of a user: think, then send.
#[derive(Debug, Clone)]
pub struct ClosedStep {
    user: u32,
    step: u64,
    think: Duration,
    pub(super) draft: Draft,
}

impl ClosedStep {
    /// The user's number, from 1.
    #[must_use]
    pub fn user(&self) -> u32 {
        self.user
    }

    /// The step's number, from 0.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The request's number in the plan.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.draft.sequence
    }

    /// How long the user thinks before this request, counted from the answer to the one before, or from the beginning of the
    /// load.
    #[must_use]
    pub fn think(&self) -> Duration {
        self.think
    }

    /// The request, when it starts at that time from the start of the run: faults ride along whose window that is in.
    #[must_use]
    pub fn start(self, at: Duration) -> PlannedRequest {
        self.draft.at(at)
    }
}

/// All users, by number.
pub(super) fn users(plan: &Arc<Inner>) -> impl Iterator<Item = ClosedUser> + use<> {
    let plan = Arc::clone(plan);
    (0..plan.streams.len()).flat_map(move |index| {
        let (first, count) = match plan.streams[index].kind {
            Kind::Closed {
                first_user, users, ..
            } => (first_user, users),
            Kind::Open { .. } => (1, 0),
        };
        let plan = Arc::clone(&plan);
        (first..first + count).map(move |user| ClosedUser {
            plan: Arc::clone(&plan),
            stream: index,
            user,
            next_step: 0,
        })
    })
}

/// The journeys of those sequence numbers that belong to the closed model.
pub(super) fn journeys(plan: &Inner, sequences: &BTreeSet<u64>) -> BTreeMap<u64, Arc<str>> {
    sequences
        .range(FIRST_SEQUENCE..)
        .filter_map(|&sequence| {
            let user = u32::try_from((sequence - FIRST_SEQUENCE) >> STEP_BITS).ok()?;
            let stream = plan.streams.iter().find(|stream| has_user(stream, user))?;
            let mut draws = Draws::new(plan.arguments, Domain::Arguments, sequence);
            Some((sequence, Arc::clone(&stream.mix.draw(&mut draws).name)))
        })
        .collect()
}

fn has_user(stream: &Stream, user: u32) -> bool {
    matches!(stream.kind, Kind::Closed { first_user, users, .. } if (first_user..first_user + users).contains(&user))
}

fn sequence(user: u32, step: u64) -> u64 {
    FIRST_SEQUENCE | (u64::from(user) << STEP_BITS) | step
}

/// Uniform over the range; the first one over all of the time up to its end, so that users do not begin in lockstep.
fn think_time(seed: u64, sequence: u64, step: u64, stream: &Stream) -> Duration {
    let Kind::Closed { think, .. } = &stream.kind else {
        return Duration::ZERO;
    };
    let range: RangeInclusive<Duration> = if step == 0 {
        Duration::ZERO..=*think.end()
    } else {
        think.clone()
    };
    let low = u64::try_from(range.start().as_micros()).unwrap_or(u64::MAX);
    let high = u64::try_from(range.end().as_micros()).unwrap_or(u64::MAX);
    let mut draws = Draws::new(seed, Domain::ThinkTimes, sequence);
    Duration::from_micros(low + draws.below(high.saturating_sub(low).saturating_add(1)))
}
