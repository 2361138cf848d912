//! The spans of one trace: their bytes one after another, and an index to find them by.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use prost::Message as _;
use trace::otlp::decode::Decoder;
use trace::otlp::proto;
use trace::otlp::scan::{Head, Scanned};
use trace::{Span, SpanId, TraceId};

use super::QUIET;
use super::fields_of_span::Basics;
use super::grown::grow;
use super::origins::Origin;
use super::shares::Shares;
use super::span_index::SpanIndex;

/// Where one span's bytes are, by what it is found, and what most questions are about, so that those do not touch its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub span_id: SpanId,
    /// All zero if it has none.
    pub parent: SpanId,
    pub start_unix_ns: u64,
    pub end_unix_ns: u64,
    pub kind: i32,
    pub status: i32,
    /// Where its name is, like `offset` in the trace's bytes.
    name_offset: u32,
    name_length: u32,
    offset: u32,
    /// Where the attributes are, as [`Head::attributes_offset`] says; [`NONE`] if that is not known.
    attributes_offset: u32,
    /// The place of its origin among the trace's.
    origin: u32,
    /// The span before this one with the same id, or [`NONE`].
    same_id: u32,
    /// As [`Head::key_bits`].
    pub key_bits: u64,
}

const NONE: u32 = u32::MAX;

/// Up to this many spans are looked through one by one; with more there is an index of their ids.
const FEW: usize = 32;

/// How many spans of one id are compared with a new one. A trace with more different ones is not a trace, and its
/// duplicates are kept.
const COMPARED: usize = 64;

/// The spans of one trace.
#[derive(Debug)]
pub struct TraceSpans {
    id: TraceId,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    index: Option<Box<SpanIndex>>,
    origins: Shares,
    /// The earliest start and the latest end of its spans.
    start_unix_ns: u64,
    end_unix_ns: u64,
    touched: Instant,
    /// Twice the number of spans that there were when it was last looked whether the trace is whole, and one more if
    /// it was. Readers look, and share what they have seen.
    whole: AtomicU64,
}

/// What became of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    New,
    Duplicate,
    /// The trace holds 4 GiB, beyond which a span's place cannot be written down.
    NoRoom,
}

/// A span as it is kept.
#[derive(Debug, Clone, Copy)]
pub struct StoredSpan<'a> {
    pub span_id: SpanId,
    /// All zero if it has none.
    pub parent: SpanId,
    /// Its message.
    pub bytes: &'a [u8],
    pub origin: &'a Arc<Origin>,
    /// The place of its origin among the trace's.
    pub origin_place: u32,
    entry: &'a Entry,
    trace: &'a TraceSpans,
}

impl<'a> StoredSpan<'a> {
    /// What most questions are about.
    pub fn basics(&self) -> Basics<'a> {
        let entry = self.entry;
        Basics {
            name: self.trace.name_of(entry),
            kind: entry.kind,
            start_unix_ns: entry.start_unix_ns,
            end_unix_ns: entry.end_unix_ns,
            status: entry.status,
        }
    }
}

impl TraceSpans {
    pub fn new(id: TraceId, now: Instant) -> Self {
        Self {
            id,
            bytes: Vec::new(),
            entries: Vec::new(),
            index: None,
            origins: Shares::default(),
            start_unix_ns: u64::MAX,
            end_unix_ns: 0,
            touched: now,
            whole: AtomicU64::new(0),
        }
    }

    pub fn id(&self) -> TraceId {
        self.id
    }

    /// The messages of all its spans, one after another.
    pub fn span_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// When the last span came.
    pub fn touched(&self) -> Instant {
        self.touched
    }

    /// Whether no span has come for a while.
    pub fn is_quiet(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.touched) >= QUIET
    }

    /// The earliest start of its spans, in nanoseconds since 1970.
    pub fn start_unix_ns(&self) -> u64 {
        self.start_unix_ns
    }

    /// The latest end of its spans, in nanoseconds since 1970.
    pub fn end_unix_ns(&self) -> u64 {
        self.end_unix_ns
    }

    /// What it holds on the heap, in bytes.
    pub fn heap_bytes(&self) -> usize {
        self.bytes.capacity()
            + self.entries.capacity() * size_of::<Entry>()
            + self
                .index
                .as_ref()
                .map_or(0, |index| size_of::<SpanIndex>() + index.heap_bytes())
            + self.origins.heap_bytes()
    }

    /// The place of an origin of which spans come, until [`Self::settle`].
    pub fn origin(&mut self, origin: &Arc<Origin>) -> u32 {
        self.origins.place(origin)
    }

    /// All spans of an origin that came together have been added.
    pub fn settle(&mut self, origin: u32) {
        self.origins.forget_unused(origin);
    }

    /// Makes room for spans that come together, so that a trace in one request is allocated once; not for a resend.
    pub fn reserve(&mut self, spans: &[Scanned<'_>]) {
        if let Some(Ok(first)) = spans.first().map(|span| &span.head)
            && self.last_with(first.span_id) != NONE
        {
            return;
        }
        grow(&mut self.bytes, spans.iter().map(|span| span.bytes.len()).sum());
        grow(&mut self.entries, spans.len());
    }

    /// Adds a span, unless the very same is here.
    pub fn add(&mut self, head: &Head<'_>, bytes: &[u8], origin: u32, now: Instant) -> Added {
        self.touched = now;
        let newest = self.last_with(head.span_id);
        let mut same_id = newest;
        for _ in 0..COMPARED {
            let Some(entry) = self.entries.get(same_id as usize) else {
                break;
            };
            if entry.origin == origin && self.bytes_at(same_id as usize) == bytes {
                return Added::Duplicate;
            }
            same_id = entry.same_id;
        }
        let (offset, end) = (self.bytes.len(), self.bytes.len() + bytes.len());
        if u32::try_from(end).is_err() {
            return Added::NoRoom;
        }
        grow(&mut self.bytes, bytes.len());
        self.bytes.extend_from_slice(bytes);
        grow(&mut self.entries, 1);
        self.entries.push(Entry {
            span_id: head.span_id,
            parent: head.parent_span_id.unwrap_or_default(),
            start_unix_ns: head.start_unix_ns,
            end_unix_ns: head.end_unix_ns,
            kind: head.kind,
            status: head.status,
            name_offset: (offset + head.name_offset) as u32,
            name_length: head.name.len() as u32,
            offset: offset as u32,
            attributes_offset: head
                .attributes_offset
                .map_or(NONE, |attributes| (offset + attributes) as u32),
            origin,
            same_id: newest,
            key_bits: head.key_bits,
        });
        self.start_unix_ns = self.start_unix_ns.min(head.start_unix_ns);
        self.end_unix_ns = self.end_unix_ns.max(head.end_unix_ns);
        self.origins.count(origin);
        self.note_last();
        Added::New
    }

    /// What is known of the span at a position without its bytes.
    pub(super) fn entry(&self, position: usize) -> &Entry {
        &self.entries[position]
    }

    pub(super) fn name_of(&self, entry: &Entry) -> &str {
        let name = &self.bytes[entry.name_offset as usize..][..entry.name_length as usize];
        std::str::from_utf8(name).unwrap_or_default()
    }

    /// The message of the span at a position.
    pub(super) fn bytes_at(&self, position: usize) -> &[u8] {
        &self.bytes[self.entries[position].offset as usize..self.end_of(position)]
    }

    /// The part of a span's message that begins with its attributes, if these are as [`Head::attributes_offset`] says.
    pub(super) fn attributes_at(&self, position: usize) -> Option<&[u8]> {
        let begin = self.entries[position].attributes_offset;
        (begin != NONE).then(|| &self.bytes[begin as usize..self.end_of(position)])
    }

    /// Where the message of the span at a position ends: where the next one begins.
    fn end_of(&self, position: usize) -> usize {
        let next = self.entries.get(position + 1);
        next.map_or(self.bytes.len(), |next| next.offset as usize)
    }

    fn last_with(&self, id: SpanId) -> u32 {
        let position = match &self.index {
            Some(index) => index.find(id, |position| self.entries[position as usize].span_id),
            None => self
                .entries
                .iter()
                .rposition(|entry| entry.span_id == id)
                .map(|position| position as u32),
        };
        position.unwrap_or(NONE)
    }

    /// Keeps the index of ids, from when there are many.
    fn note_last(&mut self) {
        if self.entries.len() <= FEW {
            return;
        }
        let entries = &self.entries;
        let first = match &self.index {
            Some(_) => entries.len() - 1,
            None => 0,
        };
        let index = self.index.get_or_insert_default();
        for (position, entry) in entries.iter().enumerate().skip(first) {
            index.insert(entry.span_id, position as u32, |position| {
                entries[position as usize].span_id
            });
        }
    }

    /// The origins of its spans with how many there are of each.
    pub fn spans_by_origin(&self) -> impl Iterator<Item = (&Arc<Origin>, u32)> {
        self.origins.iter()
    }

    /// The origin with this place, which must be one of a span's.
    pub fn origin_at(&self, place: u32) -> &Arc<Origin> {
        self.origins.origin(place)
    }

    /// The origin of the span at a position.
    pub fn origin_of(&self, position: usize) -> &Arc<Origin> {
        self.origins.origin(self.entries[position].origin)
    }

    /// How many spans it has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The span at a position, counted by arrival, which must be below [`Self::len`].
    pub fn at(&self, position: usize) -> StoredSpan<'_> {
        let entry = &self.entries[position];
        StoredSpan {
            span_id: entry.span_id,
            parent: entry.parent,
            bytes: self.bytes_at(position),
            origin: self.origins.origin(entry.origin),
            origin_place: entry.origin,
            entry,
            trace: self,
        }
    }

    /// The spans by arrival.
    pub fn iter(&self) -> impl Iterator<Item = StoredSpan<'_>> {
        (0..self.entries.len()).map(|position| self.at(position))
    }

    /// The position of the span with this id; the last that came, if several have it.
    pub fn position(&self, id: SpanId) -> Option<usize> {
        match self.last_with(id) {
            NONE => None,
            position => Some(position as usize),
        }
    }

    /// Whether the root is here and every parent.
    pub fn is_whole(&self) -> bool {
        let seen = self.whole.load(Ordering::Relaxed);
        let spans = self.entries.len() as u64;
        if seen >> 1 == spans {
            return seen & 1 == 1;
        }
        let whole = self.has_root() && self.orphans() == 0;
        self.whole.store(spans << 1 | u64::from(whole), Ordering::Relaxed);
        whole
    }

    /// Whether a span without a parent is here.
    pub fn has_root(&self) -> bool {
        self.entries.iter().any(|entry| !entry.parent.is_valid())
    }

    /// How many spans name a parent that is not here.
    pub fn orphans(&self) -> usize {
        let orphans = self
            .entries
            .iter()
            .filter(|it| it.parent.is_valid() && self.last_with(it.parent) == NONE);
        orphans.count()
    }

    /// The positions of the spans, those of one origin next to one another.
    pub fn by_origin(&self) -> Vec<u32> {
        let mut positions: Vec<u32> = (0..self.entries.len() as u32).collect();
        positions.sort_by_key(|position| self.entries[*position as usize].origin);
        positions
    }

    /// The spans as protobuf types, grouped by origin in order of first appearance.
    pub fn resource_spans(&self) -> Vec<proto::ResourceSpans> {
        let mut groups: Vec<(&Arc<Origin>, Vec<proto::Span>)> = self
            .origins
            .iter()
            .map(|(origin, spans)| (origin, Vec::with_capacity(spans as usize)))
            .collect();
        for (position, entry) in self.entries.iter().enumerate() {
            if let Ok(span) = proto::Span::decode(self.bytes_at(position)) {
                groups[entry.origin as usize].1.push(span);
            }
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

impl Clone for TraceSpans {
    /// The copy that goes on growing while a reader looks at the other.
    fn clone(&self) -> Self {
        let mut entries = Vec::with_capacity(self.entries.capacity());
        entries.extend_from_slice(&self.entries);
        let mut bytes = Vec::with_capacity(self.bytes.capacity());
        bytes.extend_from_slice(&self.bytes);
        Self {
            id: self.id,
            bytes,
            entries,
            index: self.index.clone(),
            origins: self.origins.clone(),
            start_unix_ns: self.start_unix_ns,
            end_unix_ns: self.end_unix_ns,
            touched: self.touched,
            whole: AtomicU64::new(self.whole.load(Ordering::Relaxed)),
        }
    }
}
