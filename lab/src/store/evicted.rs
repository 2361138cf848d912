//! Which traces have gone: the last few thousand of them, by a hash of their ids, and how many in all.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};

use trace::TraceId;

use super::TraceSpans;

/// What has gone to make room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lost {
    /// How many traces.
    pub traces: u64,
    /// The latest end of any of their spans, in nanoseconds since 1970: whoever asks for a time after it has missed
    /// nothing.
    pub until_unix_ns: u64,
}

/// The ids of evicted traces, a bounded number of them.
pub struct Evicted {
    limit: usize,
    hasher: RandomState,
    order: VecDeque<u64>,
    known: HashSet<u64>,
    lost: Lost,
}

impl Evicted {
    /// As many as take a few per cent of the budget, 65,536 at most.
    pub fn for_budget(budget: usize) -> Self {
        let limit = (budget / 1024).clamp(16, 65_536);
        Self {
            limit,
            hasher: RandomState::new(),
            order: VecDeque::new(),
            known: HashSet::new(),
            lost: Lost::default(),
        }
    }

    pub fn remember(&mut self, trace: &TraceSpans) {
        self.lost.traces += 1;
        self.lost.until_unix_ns = self.lost.until_unix_ns.max(trace.end_unix_ns());
        // Randomly keyed, so that nobody can choose ids that are taken for one another.
        let hash = self.hasher.hash_one(trace.id());
        if self.known.insert(hash) {
            self.order.push_back(hash);
        }
        if self.order.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    pub fn contains(&self, id: TraceId) -> bool {
        !self.known.is_empty() && self.known.contains(&self.hasher.hash_one(id))
    }

    pub fn lost(&self) -> Lost {
        self.lost
    }

    pub fn heap_bytes(&self) -> usize {
        self.order.capacity() * 8 + self.known.capacity() * 10
    }
}
