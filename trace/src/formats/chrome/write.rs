//! Writing: complete events with flows and instants, the object form.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;

use super::lanes::lanes;
use crate::formats::{Losses, decimal, sidecar};
use crate::id::{SpanId, TraceId};
use crate::model::{Resource, Span};
use crate::otlp::json::out::{Object, string};

/// What this format loses, beside what plain JSON does.
pub mod lost {
    /// Durations are not negative.
    pub const NEGATIVE: &str = "duration: an end before the start, told as 0";
}

/// The member of `otherData` that says when time 0 of the file was, in nanoseconds since 1970.
pub const EPOCH: &str = "epoch_unix_ns";

/// All spans as one document. Times count from the first start, since viewers have no room for times since 1970.
pub fn write(spans: &[Span], losses: &mut Losses) -> Vec<u8> {
    let epoch = spans
        .iter()
        .map(|span| span.start_unix_ns)
        .min()
        .unwrap_or_default();
    let mut writer = Writer {
        json: Vec::new(),
        epoch,
        first: true,
    };
    let _ = write!(
        writer.json,
        r#"{{"displayTimeUnit":"ms","otherData":{{"{EPOCH}":"{epoch}"}},"traceEvents":["#
    );
    let processes = writer.processes(spans, losses);
    let lanes = lanes(spans, &processes);
    let places: HashMap<(TraceId, SpanId), usize> = spans
        .iter()
        .enumerate()
        .rev()
        .map(|(place, span)| ((span.trace_id, span.span_id), place))
        .collect();
    let mut flows = 0;
    for (place, span) in spans.iter().enumerate() {
        let at = (processes[place], lanes[place]);
        writer.span(span, at, losses);
        for link in &span.links {
            let other = link.trace_id.zip(link.span_id).and_then(|ids| places.get(&ids));
            if let Some(other) = other {
                flows += 1;
                let source = (spans[*other].start_unix_ns, (processes[*other], lanes[*other]));
                writer.flow(flows, source, (span.start_unix_ns, at));
            }
        }
    }
    writer.json.extend_from_slice(b"\n]}\n");
    writer.json
}

/// A process and a thread.
type At = (usize, usize);

struct Writer {
    json: Vec<u8>,
    epoch: u64,
    first: bool,
}

impl Writer {
    /// Begins an event on a line of its own.
    fn event(&mut self, phase: &str, (process, thread): At) -> Object<'_> {
        self.json.extend_from_slice(if std::mem::take(&mut self.first) {
            b"\n"
        } else {
            b",\n"
        });
        let mut object = Object::new(&mut self.json);
        object.text("ph", phase);
        let _ = write!(object.key("pid"), "{process}");
        let _ = write!(object.key("tid"), "{thread}");
        object
    }

    /// A time of the file, in microseconds.
    fn time(epoch: u64, time_unix_ns: u64) -> String {
        decimal::write(i128::from(time_unix_ns) - i128::from(epoch), 3)
    }

    /// Names the processes, one for each resource, and tells which process each span is of.
    fn processes(&mut self, spans: &[Span], losses: &mut Losses) -> Vec<usize> {
        let mut known: HashMap<*const Resource, usize> = HashMap::new();
        let mut processes = Vec::with_capacity(spans.len());
        for span in spans {
            let next = known.len() + 1;
            let process = *known.entry(Arc::as_ptr(&span.resource)).or_insert(next);
            if process == next {
                let mut object = self.event("M", (process, 0));
                object.text("name", "process_name");
                let mut args = Object::new(object.key("args"));
                args.text("name", span.service());
                sidecar::write_resource(&span.resource, &mut args, losses);
                args.end();
                object.end();
            }
            processes.push(process);
        }
        processes
    }

    fn span(&mut self, span: &Span, at: At, losses: &mut Losses) {
        losses.add_if(span.end_unix_ns < span.start_unix_ns, lost::NEGATIVE);
        let start = Self::time(self.epoch, span.start_unix_ns);
        let mut object = self.event("X", at);
        string(&span.name, object.key("name"));
        object.text("cat", &span.scope.name);
        object.key("ts").extend_from_slice(start.as_bytes());
        object
            .key("dur")
            .extend_from_slice(decimal::write(span.duration_ns().into(), 3).as_bytes());
        let mut args = Object::new(object.key("args"));
        args.id("trace_id", &span.trace_id.0);
        args.id("span_id", &span.span_id.0);
        if let Some(parent) = span.parent_span_id {
            args.id("parent_span_id", &parent.0);
        }
        sidecar::write(span, &mut args, losses);
        args.end();
        object.end();
        for event in &span.events {
            let time = Self::time(self.epoch, event.time_unix_ns);
            let mut object = self.event("i", at);
            object.text("s", "t");
            string(&event.name, object.key("name"));
            object.key("ts").extend_from_slice(time.as_bytes());
            let mut args = Object::new(object.key("args"));
            args.id("trace_id", &span.trace_id.0);
            args.id("span_id", &span.span_id.0);
            sidecar::write_event(event, &mut args, losses);
            args.end();
            object.end();
        }
    }

    /// An arrow from one span's start to another's. The links themselves are in the spans' `args`.
    fn flow(&mut self, id: u64, source: (u64, At), target: (u64, At)) {
        for (phase, (time, at)) in [("s", source), ("f", target)] {
            let time = Self::time(self.epoch, time);
            let mut object = self.event(phase, at);
            object.text("name", "link");
            object.text("cat", "link");
            let _ = write!(object.key("id"), "{id}");
            object.key("ts").extend_from_slice(time.as_bytes());
            object.text("bp", if phase == "f" { "e" } else { "" });
            object.end();
        }
    }
}
