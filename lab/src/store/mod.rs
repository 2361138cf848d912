//! The traces, kept as they came: each span's protobuf bytes beside a small index, and what it shares with others
//! once. Spans are decoded when somebody asks for their trace.
//!
//! When the byte budget is passed, whole traces go: the one whose first span arrived first, even if more spans have
//! come since, so that a trace that never ends cannot outlive all others. A span that comes for a trace that has gone
//! is counted as evicted at once, so that no fragment passes for a trace; only the last traces that went are known
//! by id, and a span of one that went before them starts the trace anew.

mod evicted;
mod origins;
mod spans;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use serde::Serialize;
use trace::TraceId;
use trace::otlp::decode::Refusal;
use trace::otlp::scan::Group;

use crate::counts::{Ledger, Snapshot, Spans};
use evicted::Evicted;
use origins::Origins;
pub use spans::RawTrace;
use spans::{Added, TraceSpans};

/// A trace to which no span came for this long, with its root and all parents, is complete.
pub const QUIET: Duration = Duration::from_secs(2);

/// The traces, and what became of every span.
pub struct Store {
    budget: usize,
    /// The bytes that `traces` and `order` hold; the origins and the evicted ids count their own.
    used: usize,
    traces: HashMap<TraceId, TraceSpans>,
    /// Trace ids by arrival of the first span.
    order: VecDeque<TraceId>,
    origins: Origins,
    evicted: Evicted,
    evicted_traces: u64,
    ledger: Ledger,
    first_stored_unix_ns: Option<u64>,
}

/// What became of a request's spans, for its sender and for the record.
#[derive(Debug, Default)]
pub struct Inserted {
    /// How many spans the request had.
    pub spans: u64,
    /// How many were refused.
    pub rejected: u64,
    /// Why the first of them was.
    pub reason: Option<Refusal>,
    /// Which spans, counted through the request, bring nothing new: the refused and the duplicates.
    pub nothing_new: Vec<u32>,
}

/// The traces by how much of them is here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TraceCounts {
    pub stored: u64,
    /// With root and all parents, and quiet for two seconds.
    pub complete: u64,
    /// Stored and not complete.
    pub incomplete: u64,
    /// Of the incomplete, those that miss nothing but the quiet.
    pub settling: u64,
    pub evicted: u64,
}

/// What an entry of `traces` and `order` takes beside what a trace holds itself; maps are up to half empty.
const ENTRY: usize = 2 * size_of::<(TraceId, TraceSpans)>() + 2 * size_of::<TraceId>();

impl Store {
    /// An empty store that may hold `budget` bytes.
    pub fn new(budget: usize) -> Self {
        Self {
            budget,
            used: 0,
            traces: HashMap::new(),
            order: VecDeque::new(),
            origins: Origins::default(),
            evicted: Evicted::for_budget(budget),
            evicted_traces: 0,
            ledger: Ledger::default(),
            first_stored_unix_ns: None,
        }
    }

    /// Takes the spans of a request.
    pub fn insert(&mut self, groups: &[Group<'_>], now: Instant, now_unix_ns: u64) -> Inserted {
        let mut inserted = Inserted::default();
        for group in groups {
            let (origin, sender) = self.origins.hold(group, &mut self.ledger);
            let mut counts = Spans::default();
            for scanned in &group.spans {
                let ordinal = inserted.spans as u32;
                inserted.spans += 1;
                counts.received += 1;
                let head = match &scanned.head {
                    Ok(head) => head,
                    Err(reason) => {
                        counts.rejected += 1;
                        inserted.rejected += 1;
                        inserted.reason.get_or_insert(*reason);
                        inserted.nothing_new.push(ordinal);
                        continue;
                    }
                };
                if self.evicted.contains(head.trace_id) {
                    counts.evicted += 1;
                    continue;
                }
                match self.add(head, scanned.bytes, origin, now) {
                    Added::Duplicate => {
                        counts.duplicates += 1;
                        inserted.nothing_new.push(ordinal);
                    }
                    Added::NoRoom => counts.evicted += 1,
                    Added::New => {
                        counts.stored += 1;
                        self.first_stored_unix_ns.get_or_insert(now_unix_ns);
                        if self.used_bytes() > self.budget {
                            // The span may itself be of a trace that goes, so it must be counted before.
                            self.ledger.add(sender, &std::mem::take(&mut counts));
                            self.evict();
                        }
                    }
                }
            }
            self.ledger.add(sender, &counts);
            self.origins.release(origin);
        }
        inserted
    }

    fn add(&mut self, head: &trace::otlp::scan::Head, bytes: &[u8], origin: u32, now: Instant) -> Added {
        let trace = match self.traces.entry(head.trace_id) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                self.order.push_back(head.trace_id);
                self.used += ENTRY;
                entry.insert(TraceSpans::new(now))
            }
        };
        let before = trace.heap_bytes();
        let added = trace.add(head, bytes, origin, now);
        if added == Added::New && trace.refer_to(origin) {
            self.origins.refer(origin);
        }
        self.used = self.used - before + trace.heap_bytes();
        added
    }

    /// Lets the oldest traces go until the rest fits.
    fn evict(&mut self) {
        while self.used_bytes() > self.budget {
            let Some(id) = self.order.pop_front() else { return };
            let Some(trace) = self.traces.remove(&id) else {
                continue;
            };
            self.used -= ENTRY + trace.heap_bytes();
            for (origin, spans) in trace.spans_by_origin() {
                if let Some(sender) = self.origins.sender(origin) {
                    self.ledger.evict(sender, spans);
                }
                self.origins.release(origin);
            }
            self.evicted.remember(id);
            self.evicted_traces += 1;
        }
    }

    /// All that is held in memory for traces, in bytes.
    pub fn used_bytes(&self) -> usize {
        self.used + self.origins.heap_bytes() + self.evicted.heap_bytes()
    }

    pub fn budget(&self) -> usize {
        self.budget
    }

    pub fn counts(&self) -> Snapshot {
        self.ledger.snapshot()
    }

    /// When the first span was stored, in nanoseconds since 1970.
    pub fn first_stored_unix_ns(&self) -> Option<u64> {
        self.first_stored_unix_ns
    }

    /// The traces by how much of them is here.
    pub fn trace_counts(&mut self, now: Instant) -> TraceCounts {
        let mut counts = TraceCounts {
            stored: self.traces.len() as u64,
            evicted: self.evicted_traces,
            ..TraceCounts::default()
        };
        for trace in self.traces.values_mut() {
            match (
                trace.is_whole(),
                now.saturating_duration_since(trace.touched()) >= QUIET,
            ) {
                (true, true) => counts.complete += 1,
                (true, false) => counts.settling += 1,
                (false, _) => {}
            }
        }
        counts.incomplete = counts.stored - counts.complete;
        counts
    }

    /// A trace's bytes, to be decoded without holding the store.
    pub fn trace(&self, id: TraceId) -> Option<RawTrace> {
        self.traces.get(&id).map(|trace| trace.raw(&self.origins))
    }

    /// Whether a trace was here and has gone, as far as is remembered.
    pub fn was_evicted(&self, id: TraceId) -> bool {
        self.evicted.contains(id)
    }

    /// The ids of the traces whose first spans came last, the newest first.
    pub fn newest(&self, limit: usize) -> Vec<TraceId> {
        self.order.iter().rev().take(limit).copied().collect()
    }
}
