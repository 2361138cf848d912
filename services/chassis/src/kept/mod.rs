//! Answers that might be asked for again: whether they are kept, and for how long.

mod healthy;
mod memory_growth;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use faults::catalogue::MEMORY_GROWTH;

use crate::request::Faults;
use crate::strike::Strike;

/// What has been kept since the process began.
#[derive(Debug, Default)]
pub struct Answers(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    slots: HashMap<String, Slot>,
    bytes: usize,
}

/// An answer, at the beginning of as many bytes as all slots have.
#[derive(Debug)]
struct Slot {
    bytes: Vec<u8>,
    length: usize,
}

impl Answers {
    fn find(&self, key: &str) -> Option<Bytes> {
        let kept = self.lock();
        let slot = kept.slots.get(key)?;
        Some(Bytes::copy_from_slice(&slot.bytes[..slot.length]))
    }

    /// Keeps an answer in a slot of that size, or of its own if that is larger, unless all would be more than `limit` bytes then.
    fn keep(&self, key: String, answer: &[u8], size: usize, limit: usize) {
        let mut kept = self.lock();
        let size = size.max(answer.len());
        if kept.bytes + size > limit {
            return;
        }
        let mut bytes = answer.to_vec();
        bytes.resize(size, b' ');
        let length = answer.len();
        kept.bytes += size;
        kept.slots.insert(key, Slot { bytes, length });
    }

    /// How many bytes are kept.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers a request at that operation by what `make` comes to. `key` is all that was asked.
///
/// # Errors
///
/// What `make` fails with.
pub async fn answer<E>(
    answers: &Answers,
    operation: &'static str,
    key: impl FnOnce() -> String,
    make: impl Future<Output = Result<Bytes, E>>,
) -> Result<Bytes, E> {
    let faults = Faults::current();
    let Some(fault) = faults.find(MEMORY_GROWTH.name, operation) else {
        return healthy::answer(make).await;
    };
    let mut strike = Strike::counted(MEMORY_GROWTH.name, operation);
    let bytes = |name| usize::try_from(fault.number(name)).unwrap_or(usize::MAX);
    let answer = memory_growth::answer(answers, key(), bytes("slot"), bytes("limit"), make).await;
    strike.count(answers.bytes());
    answer
}
