//! The spans of one trace: their bytes one after another, and an index to find them by.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use prost::Message as _;
use trace::otlp::decode::Decoder;
use trace::otlp::proto;
use trace::otlp::scan::Head;
use trace::{Span, SpanId};

use super::origins::{Origin, Origins};

/// Where one span's bytes are, and by what it is found.
struct Entry {
    span_id: SpanId,
    /// All zero if it has none.
    parent: SpanId,
    offset: u32,
    length: u32,
    origin: u32,
    /// The span before this one with the same id, or [`NONE`].
    same_id: u32,
}

const NONE: u32 = u32::MAX;

/// Up to this many spans are looked through one by one; with more there is a map of their ids.
const FEW: usize = 32;

/// How many spans of one id are compared with a new one. A trace with more different ones is not a trace, and its
/// duplicates are kept.
const COMPARED: usize = 64;

/// The spans of one trace.
pub struct TraceSpans {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    by_id: HashMap<SpanId, u32>,
    /// How many spans there are of each origin.
    origins: HashMap<u32, u32>,
    touched: Instant,
    /// How many spans there were when it was last looked whether the trace is whole, and whether it was.
    whole: (usize, bool),
}

/// What became of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    New,
    Duplicate,
    /// The trace holds 4 GiB, beyond which a span's place cannot be written down.
    NoRoom,
}

impl TraceSpans {
    pub fn new(now: Instant) -> Self {
        Self {
            bytes: Vec::new(),
            entries: Vec::new(),
            by_id: HashMap::new(),
            origins: HashMap::new(),
            touched: now,
            whole: (0, false),
        }
    }

    /// When the last span came.
    pub fn touched(&self) -> Instant {
        self.touched
    }

    /// What it holds on the heap, in bytes.
    pub fn heap_bytes(&self) -> usize {
        self.bytes.capacity()
            + self.entries.capacity() * size_of::<Entry>()
            + self.by_id.capacity() * (size_of::<(SpanId, u32)>() + 4)
            + self.origins.capacity() * (size_of::<(u32, u32)>() + 4)
    }

    /// Adds a span, unless the very same is here.
    pub fn add(&mut self, head: &Head, bytes: &[u8], origin: u32, now: Instant) -> Added {
        self.touched = now;
        let mut same_id = self.last_with(head.span_id);
        let newest = same_id;
        for _ in 0..COMPARED {
            let Some(entry) = self.entries.get(same_id as usize) else {
                break;
            };
            if entry.origin == origin && self.bytes_of(entry) == bytes {
                return Added::Duplicate;
            }
            same_id = entry.same_id;
        }
        let (Ok(offset), Ok(length)) = (u32::try_from(self.bytes.len()), u32::try_from(bytes.len())) else {
            return Added::NoRoom;
        };
        grow(&mut self.bytes, bytes.len());
        self.bytes.extend_from_slice(bytes);
        grow(&mut self.entries, 1);
        self.entries.push(Entry {
            span_id: head.span_id,
            parent: head.parent_span_id.unwrap_or_default(),
            offset,
            length,
            origin,
            same_id: newest,
        });
        self.index();
        Added::New
    }

    fn bytes_of(&self, entry: &Entry) -> &[u8] {
        &self.bytes[entry.offset as usize..][..entry.length as usize]
    }

    fn last_with(&self, id: SpanId) -> u32 {
        if self.entries.len() > FEW {
            return self.by_id.get(&id).copied().unwrap_or(NONE);
        }
        self.entries
            .iter()
            .rposition(|entry| entry.span_id == id)
            .map_or(NONE, |position| position as u32)
    }

    /// Keeps the map of ids, from when there are many.
    fn index(&mut self) {
        let first = match self.entries.len() {
            ..=FEW => return,
            length if length == FEW + 1 => 0,
            length => length - 1,
        };
        for (position, entry) in self.entries.iter().enumerate().skip(first) {
            self.by_id.insert(entry.span_id, position as u32);
        }
    }

    /// Counts a span of this origin; whether it is the first.
    pub fn refer_to(&mut self, origin: u32) -> bool {
        let count = self.origins.entry(origin).or_default();
        *count += 1;
        *count == 1
    }

    /// How many spans it has of each origin.
    pub fn spans_by_origin(&self) -> impl Iterator<Item = (u32, u64)> {
        self.origins
            .iter()
            .map(|(origin, count)| (*origin, u64::from(*count)))
    }

    /// Whether the root is here and every parent.
    pub fn is_whole(&mut self) -> bool {
        if self.whole.0 != self.entries.len() {
            let root = self.entries.iter().any(|entry| !entry.parent.is_valid());
            let whole = root
                && self
                    .entries
                    .iter()
                    .all(|it| !it.parent.is_valid() || self.last_with(it.parent) != NONE);
            self.whole = (self.entries.len(), whole);
        }
        self.whole.1
    }

    /// A copy of all that is needed to decode it.
    pub fn raw(&self, origins: &Origins) -> RawTrace {
        let entries = self.entries.iter().filter_map(|entry| {
            Some((
                origins.origin(entry.origin)?,
                entry.offset as usize,
                entry.length as usize,
            ))
        });
        RawTrace {
            bytes: self.bytes.clone(),
            entries: entries.collect(),
            touched: self.touched,
        }
    }
}

/// Makes room by a quarter at a time, not by doubling: what is reserved counts against the budget.
fn grow<T>(list: &mut Vec<T>, more: usize) {
    if list.capacity() - list.len() < more {
        list.reserve_exact(more.max(list.len() / 4));
    }
}

/// A trace as it came, apart from the store.
pub struct RawTrace {
    bytes: Vec<u8>,
    entries: Vec<(Arc<Origin>, usize, usize)>,
    touched: Instant,
}

impl RawTrace {
    /// When its last span came.
    pub fn touched(&self) -> Instant {
        self.touched
    }

    /// The spans as protobuf types, grouped by origin in order of first appearance.
    pub fn resource_spans(&self) -> Vec<proto::ResourceSpans> {
        let mut groups: Vec<(&Arc<Origin>, Vec<proto::Span>)> = Vec::new();
        let mut places: HashMap<*const Origin, usize> = HashMap::new();
        for (origin, offset, length) in &self.entries {
            let Ok(span) = proto::Span::decode(&self.bytes[*offset..][..*length]) else {
                continue;
            };
            let place = *places.entry(Arc::as_ptr(origin)).or_insert_with(|| {
                groups.push((origin, Vec::new()));
                groups.len() - 1
            });
            groups[place].1.push(span);
        }
        groups
            .into_iter()
            .map(|(origin, spans)| origin.group(spans))
            .collect()
    }

    /// The spans in the model.
    pub fn spans(&self) -> Vec<Span> {
        Decoder::new().decode(self.resource_spans()).spans
    }
}
