//! One load of the scenario, resolved: what it plays, when, and how it arrives.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use scenarios::model::{Load, Model, Scenario, Spacing};
use seed::draws::Draws;

use super::arrivals::Curve;
use super::closed::MAX_USERS;
use super::error::PlanError;
use super::journeys::Journey;

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) mix: Mix,
    pub(super) from: Duration,
    pub(super) duration: Duration,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Open {
        curve: Curve,
        spacing: Spacing,
    },
    Closed {
        /// The number of its first user; users are numbered from 1 over all loads.
        first_user: u32,
        users: u32,
        think: RangeInclusive<Duration>,
    },
}

impl Stream {
    /// When it ends, from the start of the run.
    pub(super) fn until(&self) -> Duration {
        self.from.saturating_add(self.duration)
    }

    /// How many requests of the open model it is expected to start.
    pub(super) fn expected(&self) -> f64 {
        match &self.kind {
            Kind::Open { curve, .. } => curve.total(),
            Kind::Closed { .. } => 0.0,
        }
    }
}

/// The scenario's loads, in its order.
pub(super) fn streams(scenario: &Scenario) -> Result<Vec<Stream>, PlanError> {
    let mut next_user = 1;
    scenario
        .load
        .iter()
        .map(|load| stream(scenario, load, &mut next_user))
        .collect()
}

fn stream(scenario: &Scenario, load: &Load, next_user: &mut u32) -> Result<Stream, PlanError> {
    let kind = match &load.model {
        Model::Open { rate, spacing } => Kind::Open {
            curve: Curve::new(rate, load.duration),
            spacing: *spacing,
        },
        Model::Closed { users, think } => {
            let first_user = *next_user;
            *next_user = first_user
                .checked_add(*users)
                .filter(|next| *next <= MAX_USERS + 1)
                .ok_or(PlanError::TooManyUsers)?;
            Kind::Closed {
                first_user,
                users: *users,
                think: think.clone(),
            }
        }
    };
    Ok(Stream {
        mix: Mix::new(scenario, load)?,
        from: load.from,
        duration: load.duration,
        kind,
    })
}

/// Journeys with their weights.
#[derive(Debug)]
pub(super) struct Mix {
    /// Each with the sum of the weights up to and including its own.
    journeys: Vec<(u64, Arc<Journey>)>,
    total: u64,
}

impl Mix {
    fn new(scenario: &Scenario, load: &Load) -> Result<Self, PlanError> {
        let mut total = 0;
        let mut journeys = Vec::with_capacity(load.mix.len());
        for (name, weight) in &load.mix {
            total += u64::from(*weight);
            journeys.push((total, Arc::new(Journey::new(scenario, name)?)));
        }
        if total == 0 {
            Err(PlanError::EmptyMix)
        } else {
            Ok(Self { journeys, total })
        }
    }

    /// One of the journeys, by weight. Where there is no choice nothing is drawn: a generator at its limit feels that.
    pub(super) fn draw(&self, draws: &mut Draws) -> &Arc<Journey> {
        if let [(_, journey)] = self.journeys.as_slice() {
            return journey;
        }
        let point = draws.below(self.total);
        let index = self.journeys.partition_point(|(sum, _)| *sum <= point);
        &self.journeys[index].1
    }
}
