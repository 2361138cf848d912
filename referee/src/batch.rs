//! Which batch of whose reports this is, so that one that is sent again after an answer got lost counts once.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// The header that carries it.
pub const HEADER: &str = "idempotency-key";

/// The longest name of a sender.
const LONGEST_NAME: usize = 64;

/// A batch: whose, and its number. A sender sends the next only when it is done with the one before, so numbers only grow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Different for each process that ever sends.
    pub sender: String,
    /// From 1 on.
    pub number: u64,
}

/// What is wrong with a header that is none of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{HEADER}` is not SENDER.NUMBER")]
pub struct NotABatch;

impl Batch {
    /// The batch before the first of this process.
    pub(crate) fn before_first(service: &str) -> Self {
        let started = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |elapsed| elapsed.as_nanos());
        Self {
            sender: format!("{service}-{}-{started:x}", std::process::id()),
            number: 0,
        }
    }
}

impl fmt::Display for Batch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.sender, self.number)
    }
}

impl FromStr for Batch {
    type Err = NotABatch;

    fn from_str(text: &str) -> Result<Self, NotABatch> {
        let (sender, number) = text.rsplit_once('.').ok_or(NotABatch)?;
        if sender.is_empty() || sender.len() > LONGEST_NAME {
            return Err(NotABatch);
        }
        Ok(Self {
            sender: sender.to_owned(),
            number: number.parse().map_err(|_| NotABatch)?,
        })
    }
}

/// The last batch of each sender.
#[derive(Debug, Default)]
pub struct Taken(HashMap<String, u64>);

impl Taken {
    /// Whether this batch is new. From now on it is not.
    pub fn is_new(&mut self, batch: Batch) -> bool {
        let last = self.0.entry(batch.sender).or_default();
        let new = batch.number > *last;
        *last = batch.number.max(*last);
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_new_once_for_each_sender() {
        let mut taken = Taken::default();
        let batch = |text: &str| text.parse::<Batch>().expect("a batch");
        assert!(taken.is_new(batch("orders-7-1f.1")));
        assert!(!taken.is_new(batch("orders-7-1f.1")));
        assert!(taken.is_new(batch("orders-8-1f.1")));
        assert!(taken.is_new(batch("orders-7-1f.2")));
        assert!(!taken.is_new(batch("orders-7-1f.1")));
    }

    #[test]
    fn what_is_written_is_read_back_and_nothing_else_is_read() {
        let batch = Batch {
            number: 17,
            ..Batch::before_first("orders")
        };
        assert_eq!(batch.to_string().parse(), Ok(batch));
        for wrong in ["", "17", ".17", "orders.", "orders.x", "orders.-1"] {
            assert_eq!(wrong.parse::<Batch>(), Err(NotABatch), "{wrong}");
        }
        assert_eq!(format!("{}.1", "x".repeat(65)).parse::<Batch>(), Err(NotABatch));
    }
}
