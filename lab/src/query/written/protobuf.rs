//! A trace as protobuf, put together from the bytes that are kept.

use std::sync::Arc;

use prost::encoding::{encode_varint, encoded_len_varint};

use super::{PIECE, Pieces};
use crate::store::{Origin, TraceSpans};

/// A message whose first field is a list of resources' spans: Tempo's `Trace`, OTLP's `TracesData`.
pub struct Protobuf {
    trace: Arc<TraceSpans>,
    positions: Vec<u32>,
    written: usize,
    open: Option<u32>,
    /// The length of the spans, as fields of their scope, for each origin.
    lengths: Vec<usize>,
    before: Vec<u8>,
    after: Vec<u8>,
}

/// The key of a field that has a length.
fn key(number: u8) -> u8 {
    number << 3 | 2
}

fn field_length(content: usize) -> usize {
    1 + encoded_len_varint(content as u64) + content
}

/// The key and the length of a field.
pub fn open_field(number: u8, content: usize, out: &mut Vec<u8>) {
    out.push(key(number));
    encode_varint(content as u64, out);
}

fn field(number: u8, content: &[u8], out: &mut Vec<u8>) {
    open_field(number, content.len(), out);
    out.extend_from_slice(content);
}

fn text_length(text: &str) -> usize {
    if text.is_empty() {
        0
    } else {
        field_length(text.len())
    }
}

fn text(number: u8, text: &str, out: &mut Vec<u8>) {
    if !text.is_empty() {
        field(number, text.as_bytes(), out);
    }
}

/// The length of a `ScopeSpans` whose spans take `spans`.
fn scope_spans_length(origin: &Origin, spans: usize) -> usize {
    field_length(origin.scope().len()) + spans + text_length(origin.scope_schema_url())
}

/// The length of a `ResourceSpans` whose spans take `spans`.
fn resource_spans_length(origin: &Origin, spans: usize) -> usize {
    field_length(origin.resource().len())
        + field_length(scope_spans_length(origin, spans))
        + text_length(origin.resource_schema_url())
}

impl Protobuf {
    /// The trace, between other fields of the message around it.
    pub fn new(trace: Arc<TraceSpans>) -> Self {
        let positions = trace.by_origin();
        let mut lengths = Vec::new();
        for span in trace.iter() {
            let place = span.origin_place as usize;
            if lengths.len() <= place {
                lengths.resize(place + 1, 0);
            }
            lengths[place] += field_length(span.bytes.len());
        }
        Self {
            trace,
            positions,
            written: 0,
            open: None,
            lengths,
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    /// The message as the first field of another, which has `after` behind it.
    pub fn wrapped(trace: Arc<TraceSpans>, after: Vec<u8>) -> Self {
        let mut wrapped = Self::new(trace);
        let groups = wrapped.lengths.iter().zip(0..).filter_map(|(spans, place)| {
            let origin = wrapped.trace.origin_at(place);
            (*spans > 0).then(|| field_length(resource_spans_length(origin, *spans)))
        });
        let length = groups.sum();
        open_field(1, length, &mut wrapped.before);
        wrapped.after = after;
        wrapped
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if let Some(place) = self.open.take() {
            let origin = self.trace.origin_at(place);
            text(3, origin.scope_schema_url(), out);
            text(3, origin.resource_schema_url(), out);
        }
    }
}

impl Pieces for Protobuf {
    fn next(&mut self, out: &mut Vec<u8>) -> bool {
        out.append(&mut self.before);
        while let Some(position) = self.positions.get(self.written) {
            if out.len() >= PIECE {
                return true;
            }
            self.written += 1;
            let trace = Arc::clone(&self.trace);
            let span = trace.at(*position as usize);
            if self.open != Some(span.origin_place) {
                self.close(out);
                let spans = self.lengths[span.origin_place as usize];
                open_field(1, resource_spans_length(span.origin, spans), out);
                field(1, span.origin.resource(), out);
                open_field(2, scope_spans_length(span.origin, spans), out);
                field(1, span.origin.scope(), out);
                self.open = Some(span.origin_place);
            }
            field(2, span.bytes, out);
        }
        self.close(out);
        out.append(&mut self.after);
        false
    }
}
