//! Finding a span of a large trace by its id.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use hashbrown::HashTable;
use trace::SpanId;

/// The positions of a trace's spans, by their ids. Only positions are kept, since the ids lie beside the spans.
#[derive(Debug, Clone, Default)]
pub struct SpanIndex {
    positions: HashTable<u32>,
}

impl SpanIndex {
    /// The position of the last span that was added with this id. `id_at` gives the id at a position.
    pub fn find(&self, id: SpanId, id_at: impl Fn(u32) -> SpanId) -> Option<u32> {
        self.positions
            .find(hash(id), |position| id_at(*position) == id)
            .copied()
    }

    /// Notes a position, in place of an earlier one with the same id.
    pub fn insert(&mut self, id: SpanId, position: u32, id_at: impl Fn(u32) -> SpanId) {
        let entry = self
            .positions
            .entry(hash(id), |known| id_at(*known) == id, |known| hash(id_at(*known)));
        *entry.insert(position).get_mut() = position;
    }

    /// A byte of the table for each position beside the position itself.
    pub fn heap_bytes(&self) -> usize {
        self.positions.allocation_size()
    }
}

/// Secret, so that nobody can choose ids that fall together.
static KEYS: LazyLock<[u64; 2]> = LazyLock::new(|| {
    let random = RandomState::new();
    [random.hash_one(1), random.hash_one(2) | 1]
});

/// Multiplies and folds: span ids are random as a rule, and the keys make them so.
fn hash(id: SpanId) -> u64 {
    let [add, multiply] = *KEYS;
    let product = u128::from(u64::from_le_bytes(id.0) ^ add) * u128::from(multiply);
    (product as u64) ^ ((product >> 64) as u64)
}
