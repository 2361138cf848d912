//! The traces, kept as they came: each span's protobuf bytes beside a small index, and what it shares with others
//! once. Spans are decoded when somebody asks for their trace.
//!
//! When the byte budget is passed, whole traces go: the one whose first span arrived first, even if more spans have
//! come since, so that a trace that never ends cannot outlive all others. A span that comes for a trace that has gone
//! is counted as evicted at once, so that no fragment passes for a trace; only the last traces that went are known
//! by id, and a span of one that went before them starts the trace anew.
//!
//! Readers take traces out a few at a time and look at them without holding the store, so that neither waits long for
//! the other. A trace that grows while a reader looks at it is copied for the reader's sake, at most once a reader.

mod evicted;
pub mod fields_of_span;
mod grown;
mod origins;
mod shares;
mod span_index;
mod span_metrics;
#[cfg(test)]
mod tests;
mod trace_spans;
mod view;

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use trace::TraceId;
use trace::otlp::decode::Refusal;
use trace::otlp::scan::{Group, Scanned};

use crate::counts::{Ledger, Sender, Snapshot, Spans};
use evicted::Evicted;
pub use evicted::Lost;
pub use origins::Origin;
use origins::Origins;
pub use span_metrics::{BOUNDS_SECONDS, Exemplar, Series, SpanMetrics};
use trace_spans::Added;
pub use trace_spans::{StoredSpan, TraceSpans};
pub use view::Reading;

/// A trace to which no span came for this long, with its root and all parents, is complete.
pub const QUIET: Duration = Duration::from_secs(2);

/// How many bytes of spans are added before it is looked whether the budget is passed.
const AT_ONCE: usize = 1 << 20;

/// The traces, and what became of every span.
pub struct Store {
    budget: usize,
    /// The bytes that the traces hold; the origins and the evicted ids count their own.
    used: usize,
    /// By arrival of the first span. The first has the number `gone`, each further one the next.
    traces: VecDeque<Arc<TraceSpans>>,
    /// How many traces have gone, which is also the number of the first that has not.
    gone: u64,
    /// Hashed with a secret, so that nobody can choose ids that fall together.
    numbers: HashMap<TraceId, u64, foldhash::fast::RandomState>,
    origins: Origins,
    evicted: Evicted,
    ledger: Ledger,
    first_stored_unix_ns: Option<u64>,
    metrics: SpanMetrics,
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

impl TraceCounts {
    /// Counts a trace that is stored.
    pub fn add(&mut self, trace: &TraceSpans, now: Instant) {
        self.stored += 1;
        match (trace.is_whole(), trace.is_quiet(now)) {
            (true, true) => self.complete += 1,
            (true, false) => {
                self.incomplete += 1;
                self.settling += 1;
            }
            (false, _) => self.incomplete += 1,
        }
    }
}

/// What a trace takes beside what it holds itself: its place in the list and its entry in the map, which may be half
/// empty, and what the allocator adds.
const ENTRY: usize = size_of::<TraceSpans>() + 2 * size_of::<(TraceId, u64)>() + 48;

/// Where a request's counts go while it is taken apart.
struct Taking<'a> {
    inserted: &'a mut Inserted,
    counts: Spans,
    sender: Sender,
    now: Instant,
    now_unix_ns: u64,
}

impl Store {
    /// An empty store that may hold `budget` bytes.
    pub fn new(budget: usize) -> Self {
        Self {
            budget,
            used: 0,
            traces: VecDeque::new(),
            gone: 0,
            numbers: HashMap::default(),
            origins: Origins::default(),
            evicted: Evicted::for_budget(budget),
            ledger: Ledger::default(),
            first_stored_unix_ns: None,
            metrics: SpanMetrics::default(),
        }
    }

    /// Takes the spans of a request.
    pub fn insert(&mut self, groups: &[Group<'_>], now: Instant, now_unix_ns: u64) -> Inserted {
        let mut inserted = Inserted::default();
        for group in groups {
            let origin = self.origins.hold(group, &mut self.ledger);
            let mut taking = Taking {
                inserted: &mut inserted,
                counts: Spans::default(),
                sender: origin.sender(),
                now,
                now_unix_ns,
            };
            let mut rest = group.spans.as_slice();
            while let Some((first, others)) = rest.split_first() {
                rest = match &first.head {
                    Err(reason) => {
                        taking.counts.received += 1;
                        taking.counts.rejected += 1;
                        let inserted = &mut *taking.inserted;
                        inserted.nothing_new.push(inserted.spans as u32);
                        inserted.spans += 1;
                        inserted.rejected += 1;
                        inserted.reason.get_or_insert(*reason);
                        others
                    }
                    Ok(head) => {
                        let (run, rest) = rest.split_at(run_length(rest, head.trace_id));
                        self.take_run(head.trace_id, run, &origin, &mut taking);
                        rest
                    }
                };
            }
            let counts = taking.counts;
            self.ledger.add(origin.sender(), &counts);
            self.origins.release(&origin);
        }
        inserted
    }

    /// Takes spans of one trace that lie next to one another in the request.
    fn take_run(&mut self, id: TraceId, run: &[Scanned<'_>], origin: &Arc<Origin>, taking: &mut Taking<'_>) {
        let first = taking.inserted.spans;
        taking.inserted.spans += run.len() as u64;
        taking.counts.received += run.len() as u64;
        let number = match self.numbers.get(&id) {
            Some(number) => *number,
            None if self.evicted.contains(id) => {
                taking.counts.evicted += run.len() as u64;
                return;
            }
            None => self.begin(id, taking.now),
        };
        let Some(trace) = self.traces.get_mut((number - self.gone) as usize) else {
            return;
        };
        // Copies the trace if a reader is looking at it.
        let trace = Arc::make_mut(trace);
        let before = trace.heap_bytes();
        let place = trace.origin(origin);
        trace.reserve(run);
        let mut new = 0;
        for (ordinal, scanned) in (first..).zip(run) {
            let Ok(head) = &scanned.head else { continue };
            match trace.add(head, scanned.bytes, place, taking.now) {
                Added::New => {
                    new += 1;
                    self.metrics.count(origin, head, taking.now_unix_ns);
                }
                Added::Duplicate => {
                    taking.counts.duplicates += 1;
                    taking.inserted.nothing_new.push(ordinal as u32);
                }
                Added::NoRoom => taking.counts.evicted += 1,
            }
        }
        trace.settle(place);
        self.used = self.used - before + trace.heap_bytes();
        if new == 0 {
            return;
        }
        taking.counts.stored += new;
        self.first_stored_unix_ns.get_or_insert(taking.now_unix_ns);
        if self.used_bytes() > self.budget {
            // The spans may themselves be of a trace that goes, so they must be counted before.
            self.ledger
                .add(taking.sender, &std::mem::take(&mut taking.counts));
            self.evict();
        }
    }

    /// Begins a trace, and gives its number.
    fn begin(&mut self, id: TraceId, now: Instant) -> u64 {
        let number = self.gone + self.traces.len() as u64;
        self.traces.push_back(Arc::new(TraceSpans::new(id, now)));
        self.numbers.insert(id, number);
        self.used += ENTRY;
        number
    }

    /// Lets the oldest traces go until the rest fits.
    fn evict(&mut self) {
        while self.used_bytes() > self.budget {
            let Some(trace) = self.traces.pop_front() else {
                return;
            };
            self.gone += 1;
            self.numbers.remove(&trace.id());
            self.used -= ENTRY + trace.heap_bytes();
            for (origin, spans) in trace.spans_by_origin() {
                self.ledger.evict(origin.sender(), u64::from(spans));
                self.origins.release(origin);
            }
            self.evicted.remember(&trace);
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

    /// What is counted of spans by service and operation, whether they are still here or not.
    pub fn metrics(&self) -> &SpanMetrics {
        &self.metrics
    }

    /// When the first span was stored, in nanoseconds since 1970.
    pub fn first_stored_unix_ns(&self) -> Option<u64> {
        self.first_stored_unix_ns
    }

    /// What has gone.
    pub fn lost(&self) -> Lost {
        self.evicted.lost()
    }

    /// A trace, to be looked at without holding the store.
    pub fn trace(&self, id: TraceId) -> Option<Arc<TraceSpans>> {
        let number = self.numbers.get(&id)?;
        self.traces.get((number - self.gone) as usize).cloned()
    }

    /// Whether a trace was here and has gone, as far as is remembered.
    pub fn was_evicted(&self, id: TraceId) -> bool {
        self.evicted.contains(id)
    }

    /// The numbers of the traces that are here.
    pub fn numbers(&self) -> Range<u64> {
        self.gone..self.gone + self.traces.len() as u64
    }

    /// The traces with these numbers that are here, in order of arrival.
    pub fn some(&self, numbers: Range<u64>) -> impl DoubleEndedIterator<Item = &Arc<TraceSpans>> {
        let here = self.numbers();
        let first = numbers.start.clamp(here.start, here.end);
        let end = numbers.end.clamp(first, here.end);
        self.traces
            .range((first - self.gone) as usize..(end - self.gone) as usize)
    }

    /// What the spans that are here have in common.
    pub fn origins(&self) -> impl Iterator<Item = &Arc<Origin>> {
        self.origins.all()
    }
}

/// How many spans from the first on are of this trace, and not too many at once.
fn run_length(spans: &[Scanned<'_>], id: TraceId) -> usize {
    let mut bytes = 0;
    let run = spans.iter().take_while(|span| {
        bytes += span.bytes.len();
        bytes <= AT_ONCE && matches!(&span.head, Ok(head) if head.trace_id == id)
    });
    run.count().max(1)
}
