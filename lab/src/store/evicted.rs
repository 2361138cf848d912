//! Which traces have gone: the last few thousand of them, by a hash of their ids.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};

use trace::TraceId;

/// The ids of evicted traces, a bounded number of them.
pub struct Evicted {
    limit: usize,
    hasher: RandomState,
    order: VecDeque<u64>,
    known: HashSet<u64>,
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
        }
    }

    pub fn remember(&mut self, id: TraceId) {
        // Randomly keyed, so that nobody can choose ids that are taken for one another.
        let hash = self.hasher.hash_one(id);
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

    pub fn heap_bytes(&self) -> usize {
        self.order.capacity() * 8 + self.known.capacity() * 10
    }
}
