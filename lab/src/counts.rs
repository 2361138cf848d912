//! What became of every span, in all, by service and by instance.
//!
//! - *received*: every span of every request that was accepted, good or bad. A request that is refused as a whole
//!   (malformed, too large, under pressure) counts nowhere, since its sender was told and still has it.
//! - *duplicates*: the trace holds a span of the same id, resource, scope and content already, byte for byte: a
//!   resend. A span with a known id and different content is not a duplicate and is kept.
//! - *rejected*: an id of wrong length or all zero; told to the sender as partial success.
//! - *stored*: in the store now.
//! - *evicted*: was in the store and went when memory ran out, or came for a trace that had gone.
//!
//! received = duplicates + rejected + stored + evicted, at every moment, for each service and instance.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

/// The counts of one sender or of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Spans {
    pub received: u64,
    pub duplicates: u64,
    pub rejected: u64,
    pub stored: u64,
    pub evicted: u64,
}

impl Spans {
    fn add(&mut self, more: &Spans) {
        self.received += more.received;
        self.duplicates += more.duplicates;
        self.rejected += more.rejected;
        self.stored += more.stored;
        self.evicted += more.evicted;
    }

    fn evict(&mut self, spans: u64) {
        self.stored -= spans;
        self.evicted += spans;
    }
}

/// The counts by name; names beyond the limit share one, so that a stream of made-up names cannot fill memory.
#[derive(Debug, Default)]
pub struct ByName {
    places: HashMap<Box<str>, usize>,
    counts: Vec<Spans>,
}

/// How many names are told apart.
const NAMES: usize = 1000;
/// The longest part of a name that is kept.
const NAME_BYTES: usize = 256;
/// What the names beyond are counted under.
const OTHERS: &str = "(others)";

impl ByName {
    /// The place of a name's counts.
    pub fn place(&mut self, name: &str) -> usize {
        let name = &name[..name.floor_char_boundary(NAME_BYTES)];
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let name = if self.places.len() >= NAMES { OTHERS } else { name };
        *self.places.entry(name.into()).or_insert_with(|| {
            self.counts.push(Spans::default());
            self.counts.len() - 1
        })
    }

    fn snapshot(&self) -> BTreeMap<String, Spans> {
        self.places
            .iter()
            .map(|(name, place)| (name.to_string(), self.counts[*place]))
            .collect()
    }
}

/// Whose counts a span belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sender {
    service: usize,
    instance: usize,
}

impl Sender {
    /// The place of its service's counts, the same for all that are counted under one name.
    pub fn service(self) -> usize {
        self.service
    }
}

/// All counts.
#[derive(Debug, Default)]
pub struct Ledger {
    total: Spans,
    services: ByName,
    instances: ByName,
}

/// The counts at one moment.
#[derive(Debug, Clone, Serialize)]
pub struct Snapshot {
    #[serde(flatten)]
    pub total: Spans,
    pub by_service: BTreeMap<String, Spans>,
    pub by_instance: BTreeMap<String, Spans>,
}

impl Ledger {
    /// The sender with this `service.name` and `service.instance.id`.
    pub fn sender(&mut self, service: &str, instance: &str) -> Sender {
        Sender {
            service: self.services.place(service),
            instance: self.instances.place(instance),
        }
    }

    /// Adds what became of some spans that just came.
    pub fn add(&mut self, sender: Sender, spans: &Spans) {
        self.total.add(spans);
        self.services.counts[sender.service].add(spans);
        self.instances.counts[sender.instance].add(spans);
    }

    /// Counts stored spans as evicted.
    pub fn evict(&mut self, sender: Sender, spans: u64) {
        self.total.evict(spans);
        self.services.counts[sender.service].evict(spans);
        self.instances.counts[sender.instance].evict(spans);
    }

    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            total: self.total,
            by_service: self.services.snapshot(),
            by_instance: self.instances.snapshot(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_names_are_counted_together_beyond_the_limit() {
        let mut ledger = Ledger::default();
        for number in 0..5_000 {
            let sender = ledger.sender(&format!("{number}{}", "é".repeat(1_000)), "one");
            ledger.add(
                sender,
                &Spans {
                    received: 1,
                    rejected: 1,
                    ..Spans::default()
                },
            );
        }
        let snapshot = ledger.snapshot();
        assert_eq!(snapshot.by_service.len(), NAMES + 1);
        assert_eq!(snapshot.by_service[OTHERS].received, 4_000);
        assert_eq!(
            (snapshot.total.received, snapshot.by_instance["one"].rejected),
            (5_000, 5_000)
        );
    }
}
