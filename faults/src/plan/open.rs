//! The open model: requests that start when they are due, whether or not earlier ones were answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use seed::draws::{Domain, Draws};

use super::Inner;
use super::arrivals::Arrivals;
use super::request::{Draft, PlannedRequest};
use super::shard::Shard;
use super::stream::Kind;

/// The requests of the open model, in start order, drawn one at a time.
#[derive(Debug)]
pub struct OpenRequests {
    plan: Arc<Inner>,
    shard: Shard,
    starts: Starts,
}

impl OpenRequests {
    pub(super) fn new(plan: Arc<Inner>, shard: Shard) -> Self {
        let starts = Starts::new(&plan);
        Self { plan, shard, starts }
    }
}

impl Iterator for OpenRequests {
    type Item = PlannedRequest;

    fn next(&mut self) -> Option<PlannedRequest> {
        let shard = self.shard;
        let start = self.starts.find(|start| shard.has(start.sequence))?;
        let mix = &self.plan.streams[start.stream].mix;
        Some(Draft::new(&self.plan, start.sequence, mix, None).at(Duration::from_micros(start.at_us)))
    }
}

/// The journeys of those sequence numbers that belong to the open model.
pub(super) fn journeys(plan: &Inner, sequences: &BTreeSet<u64>) -> BTreeMap<u64, Arc<str>> {
    let Some(&last) = sequences.range(..super::closed::FIRST_SEQUENCE).next_back() else {
        return BTreeMap::new();
    };
    Starts::new(plan)
        .take_while(|start| start.sequence <= last)
        .filter(|start| sequences.contains(&start.sequence))
        .map(|start| {
            let mut draws = Draws::new(plan.arguments, Domain::Arguments, start.sequence);
            (
                start.sequence,
                Arc::clone(&plan.streams[start.stream].mix.draw(&mut draws).name),
            )
        })
        .collect()
}

/// A request's number, when it starts, and the load it belongs to.
#[derive(Debug, Clone, Copy)]
struct Start {
    sequence: u64,
    at_us: u64,
    stream: usize,
}

/// The starts of all loads, merged by time; of two at the same microsecond, the earlier load's goes first.
#[derive(Debug)]
struct Starts {
    loads: Vec<LoadStarts>,
    sequence: u64,
}

#[derive(Debug)]
struct LoadStarts {
    stream: usize,
    from_us: u64,
    arrivals: Arrivals,
    next_us: Option<u64>,
}

impl Starts {
    fn new(plan: &Inner) -> Self {
        let mut loads = Vec::new();
        for (index, stream) in plan.streams.iter().enumerate() {
            if let Kind::Open { curve, spacing } = &stream.kind {
                let mut arrivals =
                    Arrivals::new(curve.clone(), *spacing, stream.duration, plan.seed, index as u64);
                let from_us = u64::try_from(stream.from.as_micros()).unwrap_or(u64::MAX);
                let next_us = arrivals.next().map(|at| from_us.saturating_add(at));
                loads.push(LoadStarts {
                    stream: index,
                    from_us,
                    arrivals,
                    next_us,
                });
            }
        }
        Self { loads, sequence: 0 }
    }
}

impl Iterator for Starts {
    type Item = Start;

    fn next(&mut self) -> Option<Start> {
        // Loads are few: looking at each is quicker than keeping a heap.
        let load = self
            .loads
            .iter_mut()
            .filter(|load| load.next_us.is_some())
            .min_by_key(|load| (load.next_us, load.stream))?;
        let start = Start {
            sequence: self.sequence,
            at_us: load.next_us?,
            stream: load.stream,
        };
        load.next_us = load.arrivals.next().map(|at| load.from_us.saturating_add(at));
        self.sequence += 1;
        Some(start)
    }
}
