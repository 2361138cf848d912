//! What is drawn on one edge: the same seed gives the same.

use std::sync::atomic::{AtomicU64, Ordering};

use seed::draws::{Domain, Draws};

/// The draws of one edge.
#[derive(Debug)]
pub(super) struct Chances {
    planned: u64,
    manual: u64,
    /// How often was drawn for what has no sequence number.
    drawn: AtomicU64,
}

impl Chances {
    pub(super) fn new(seed: u64, edge: &str) -> Self {
        Self {
            planned: seed ^ hash(edge.bytes()),
            manual: seed ^ hash(edge.bytes().rev()),
            drawn: AtomicU64::new(0),
        }
    }

    pub(super) fn draws(&self, sequence: Option<u64>) -> Draws {
        match sequence {
            Some(sequence) => Draws::new(self.planned, Domain::Faults, sequence),
            None => {
                let count = self.drawn.fetch_add(1, Ordering::Relaxed);
                Draws::new(self.manual, Domain::Faults, count)
            }
        }
    }
}

/// FNV-1a, which is the same everywhere, unlike the standard library's.
fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
