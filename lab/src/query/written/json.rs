//! Traces as OTLP's JSON, span by span.

use std::sync::Arc;
use std::vec;

use prost::Message as _;
use trace::TraceId;
use trace::otlp::json::{self, Style};
use trace::otlp::proto;

use super::{PIECE, Pieces};
use crate::ingest::Lab;
use crate::store::{Origin, TraceSpans};

/// A list of resources' spans, with what a dialect puts around it.
pub struct OtlpJson {
    lab: Arc<Lab>,
    /// The traces to come, looked up one at a time. One that is evicted meanwhile is left out.
    ids: vec::IntoIter<TraceId>,
    style: Style,
    every_status: bool,
    before: Option<String>,
    after: String,
    current: Option<Current>,
    first: bool,
}

/// The trace that is being written.
struct Current {
    trace: Arc<TraceSpans>,
    positions: Vec<u32>,
    written: usize,
    /// The place of the origin whose group is open.
    open: Option<u32>,
}

impl OtlpJson {
    /// The traces with these ids; `before` ends and `after` begins where the list's brackets are.
    pub fn new(lab: Arc<Lab>, ids: Vec<TraceId>, style: Style, before: String, after: String) -> Self {
        Self {
            lab,
            ids: ids.into_iter(),
            style,
            every_status: false,
            before: Some(before),
            after,
            current: None,
            first: true,
        }
    }

    /// One trace that has been looked up.
    pub fn of(lab: Arc<Lab>, trace: Arc<TraceSpans>, style: Style, before: String, after: String) -> Self {
        Self {
            current: Some(Current::new(trace)),
            ..Self::new(lab, Vec::new(), style, before, after)
        }
    }

    /// Tells the status of each span, `{}` if none was set, on which readers of Jaeger's answers may rely.
    pub fn with_every_status(self) -> Self {
        Self {
            every_status: true,
            ..self
        }
    }
}

impl Current {
    fn new(trace: Arc<TraceSpans>) -> Self {
        Self {
            positions: trace.by_origin(),
            trace,
            written: 0,
            open: None,
        }
    }

    /// Writes spans until the piece is full; false when the trace is at its end.
    fn write(&mut self, style: Style, every_status: bool, first: &mut bool, out: &mut Vec<u8>) -> bool {
        while let Some(position) = self.positions.get(self.written) {
            if out.len() >= PIECE {
                return true;
            }
            self.written += 1;
            let trace = Arc::clone(&self.trace);
            let stored = trace.at(*position as usize);
            let Ok(mut span) = proto::Span::decode(stored.bytes) else {
                continue;
            };
            if every_status {
                span.status.get_or_insert_default();
            }
            if self.open == Some(stored.origin_place) {
                out.push(b',');
            } else {
                self.close(out);
                if !std::mem::take(first) {
                    out.push(b',');
                }
                open_group(stored.origin, out);
                self.open = Some(stored.origin_place);
            }
            json::write_span(&span, style, out);
        }
        self.close(out);
        false
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        let Some(place) = self.open.take() else {
            return;
        };
        let origin = self.trace.origin_at(place);
        out.push(b']');
        schema_url(origin.scope_schema_url(), out);
        out.extend_from_slice(b"}]");
        schema_url(origin.resource_schema_url(), out);
        out.push(b'}');
    }
}

fn open_group(origin: &Origin, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"resource\":");
    json::write_resource(
        &proto::Resource::decode(origin.resource()).unwrap_or_default(),
        out,
    );
    out.extend_from_slice(b",\"scopeSpans\":[{\"scope\":");
    let scope = proto::InstrumentationScope::decode(origin.scope()).unwrap_or_default();
    json::write_scope(&scope, out);
    out.extend_from_slice(b",\"spans\":[");
}

fn schema_url(url: &str, out: &mut Vec<u8>) {
    if !url.is_empty() {
        out.extend_from_slice(b",\"schemaUrl\":");
        // Writing a string into a vector cannot fail.
        let _ = serde_json::to_writer(out, url);
    }
}

impl Pieces for OtlpJson {
    fn next(&mut self, out: &mut Vec<u8>) -> bool {
        if let Some(before) = self.before.take() {
            out.extend_from_slice(before.as_bytes());
        }
        loop {
            if let Some(current) = &mut self.current {
                if current.write(self.style, self.every_status, &mut self.first, out) {
                    return true;
                }
                self.current = None;
            }
            let Some(id) = self.ids.next() else {
                out.extend_from_slice(self.after.as_bytes());
                return false;
            };
            self.current = self.lab.store().trace(id).map(Current::new);
        }
    }
}
