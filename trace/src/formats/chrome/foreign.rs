//! Events of other people's programs as spans of one trace.
//!
//! A thread's slices (`B` with `E`, and `X`) nest by time, asynchronous operations (`b` with `e`, and the older `S` with
//! `F`) by their id. Flows are links from the later to the earlier. Instants, counters and steps are events of the
//! innermost span around them, or of the process' first if there is none around. The trace's id is drawn from the
//! content, spans are numbered. Times that are negative are moved, all of them alike, so that the first is 0.

use std::collections::{BTreeMap, HashMap};

use super::event::Event;
use crate::formats::error::ReadError;
use crate::formats::native::Members;
use crate::formats::shared::Shared;
use crate::id::{SpanId, TraceId};
use crate::model::{Attribute, Event as SpanEvent, Link, Resource, Scope, Span, Value};

/// How far outwards an enclosing span is looked for among those that are open at a moment. In a thread that nests, the
/// first that is looked at is the one.
const OUTWARDS: usize = 64;

/// A process and a thread, as text, since both may be either.
type Thread = (String, String);

pub fn spans(events: Vec<Event<'_>>, content: &[u8]) -> Result<Vec<Span>, ReadError> {
    let mut reader = Reader::new(content, &events);
    let mut timed: Vec<Event<'_>> = Vec::with_capacity(events.len());
    for event in events {
        match event.phase {
            'M' => reader.names(&event),
            _ => timed.push(event),
        }
    }
    // Files may have their events in any order; those of one time keep theirs.
    timed.sort_by_key(|event| event.time_ns);
    for event in &timed {
        reader.slices(event);
    }
    reader.end(&timed);
    reader.nest();
    let mut flows = HashMap::new();
    for event in &timed {
        reader.moments(event, &mut flows);
    }
    Ok(reader.spans)
}

struct Reader {
    trace_id: TraceId,
    shared: Shared,
    /// What is added to all times.
    shift: i128,
    processes: HashMap<String, Vec<Attribute>>,
    threads: HashMap<Thread, String>,
    spans: Vec<Span>,
    /// The slices of each thread, which nest by time.
    slices: BTreeMap<Thread, Slices>,
    /// What is open: `B` without its `E`.
    open: HashMap<Thread, Vec<usize>>,
    /// The same of asynchronous operations, by category and id.
    operations: HashMap<(String, String), Vec<usize>>,
    /// The first span of each process.
    first: HashMap<String, usize>,
    unfinished: Vec<usize>,
    /// The moment of an asynchronous operation's step, by the event's place in the file.
    steps: HashMap<u64, usize>,
}

#[derive(Default)]
struct Slices {
    /// By start, the longest first.
    order: Vec<usize>,
}

impl Reader {
    fn new(content: &[u8], events: &[Event<'_>]) -> Self {
        let times = events
            .iter()
            .filter(|event| event.phase != 'M')
            .map(|event| event.time_ns);
        Self {
            trace_id: drawn(content),
            shared: Shared::default(),
            shift: -times.min().unwrap_or_default().min(0),
            processes: HashMap::new(),
            threads: HashMap::new(),
            spans: Vec::new(),
            slices: BTreeMap::new(),
            open: HashMap::new(),
            operations: HashMap::new(),
            first: HashMap::new(),
            unfinished: Vec::new(),
            steps: HashMap::new(),
        }
    }

    /// A metadata event: what a process or thread is called.
    fn names(&mut self, event: &Event<'_>) {
        let args = arguments(event);
        match event.name.as_str() {
            "process_name" => {
                if let Some(name) = Value::find(&args, "name") {
                    let service = Attribute::new("service.name", name.to_string());
                    self.processes
                        .entry(event.process.to_string())
                        .or_default()
                        .insert(0, service);
                }
            }
            "process_labels" => {
                if let Some(labels) = Value::find(&args, "labels") {
                    let labels = Attribute::new("process.labels", labels.clone());
                    self.processes
                        .entry(event.process.to_string())
                        .or_default()
                        .push(labels);
                }
            }
            "thread_name" => {
                if let Some(name) = Value::find(&args, "name") {
                    self.threads.insert(thread(event), name.to_string());
                }
            }
            _ => {}
        }
    }

    /// What begins and ends.
    fn slices(&mut self, event: &Event<'_>) {
        let key = || (event.category.clone(), event.id.clone());
        match event.phase {
            'X' => {
                let place = self.span(event);
                let end = event.time_ns + event.duration_ns.unwrap_or_default().max(0);
                self.spans[place].end_unix_ns = self.time(end);
                self.slices.entry(thread(event)).or_default().order.push(place);
            }
            'B' => {
                let place = self.span(event);
                self.open.entry(thread(event)).or_default().push(place);
                self.slices.entry(thread(event)).or_default().order.push(place);
            }
            // An end without a beginning is of something that began before the file did.
            'E' => {
                if let Some(place) = self.open.get_mut(&thread(event)).and_then(Vec::pop) {
                    self.finish(place, event);
                }
            }
            'b' | 'S' => {
                let place = self.span(event);
                let stack = self.operations.entry(key()).or_default();
                self.spans[place].parent_span_id = stack.last().map(|parent| id(*parent));
                stack.push(place);
            }
            'e' | 'F' => {
                if let Some(place) = self.operations.get_mut(&key()).and_then(Vec::pop) {
                    self.finish(place, event);
                }
            }
            'n' | 'T' | 'p' => {
                if let Some(place) = self.operations.get(&key()).and_then(|stack| stack.last()) {
                    self.steps.insert(event.item, *place);
                }
            }
            _ => {}
        }
    }

    fn finish(&mut self, place: usize, event: &Event<'_>) {
        self.spans[place].end_unix_ns = self.time(event.time_ns);
        for argument in arguments(event) {
            if !self.spans[place].attributes.contains(&argument) {
                self.spans[place].attributes.push(argument);
            }
        }
    }

    /// What never ended lasts until the end of the file, and says so.
    fn end(&mut self, events: &[Event<'_>]) {
        let last = events
            .iter()
            .map(|event| event.time_ns + event.duration_ns.unwrap_or_default().max(0))
            .max()
            .unwrap_or_default();
        let end = self.time(last);
        let open = self.open.values().chain(self.operations.values()).flatten();
        self.unfinished.extend(open);
        for place in std::mem::take(&mut self.unfinished) {
            self.spans[place].end_unix_ns = end;
            self.spans[place]
                .attributes
                .push(Attribute::new("chrome.unfinished", true));
        }
    }

    /// Gives each slice the innermost one around it as its parent.
    fn nest(&mut self) {
        let spans = &mut self.spans;
        for slices in self.slices.values_mut() {
            slices.order.sort_by_key(|place| {
                (
                    spans[*place].start_unix_ns,
                    std::cmp::Reverse(spans[*place].end_unix_ns),
                    *place,
                )
            });
            let mut open: Vec<usize> = Vec::new();
            for place in &slices.order {
                let (start, end) = (spans[*place].start_unix_ns, spans[*place].end_unix_ns);
                // What takes no time and lies at another's end is still within it, unless that takes none either.
                let over = |top: &Span| {
                    top.end_unix_ns < start
                        || top.end_unix_ns == start && (end > start || top.start_unix_ns == start)
                };
                while open.last().is_some_and(|top| over(&spans[*top])) {
                    open.pop();
                }
                let around = open
                    .iter()
                    .rev()
                    .take(OUTWARDS)
                    .find(|top| spans[**top].end_unix_ns >= end);
                spans[*place].parent_span_id = around.map(|parent| id(*parent));
                open.push(*place);
            }
        }
    }

    /// What only happens: instants, counters, steps and flows.
    fn moments(&mut self, event: &Event<'_>, flows: &mut HashMap<(String, String, String), usize>) {
        match event.phase {
            'i' | 'I' | 'R' | 'C' => {
                let around = (!event.global).then(|| self.around(event)).flatten();
                let place = around.or_else(|| self.first.get(&event.process.to_string()).copied());
                match place {
                    Some(place) => self.happened(place, event),
                    // A process of which nothing else is known: the moment is its span.
                    None => {
                        let place = self.span(event);
                        self.spans[place].end_unix_ns = self.spans[place].start_unix_ns;
                    }
                }
            }
            'n' | 'T' | 'p' => {
                if let Some(place) = self.steps.get(&event.item).copied() {
                    self.happened(place, event);
                }
            }
            's' | 't' | 'f' => {
                let next = event.phase == 'f' && !event.enclosing;
                let place = if next {
                    self.next(event)
                } else {
                    self.around(event)
                };
                let Some(place) = place else { return };
                let key = (event.category.clone(), event.name.clone(), event.id.clone());
                let before = match event.phase {
                    's' => flows.insert(key, place).filter(|_| false),
                    't' => flows.insert(key, place),
                    _ => flows.remove(&key),
                };
                if let Some(before) = before {
                    self.spans[place].links.push(Link {
                        trace_id: Some(self.trace_id),
                        span_id: Some(id(before)),
                        attributes: vec![Attribute::new("flow.name", event.name.as_str())],
                        ..Link::default()
                    });
                }
            }
            _ => {}
        }
    }

    fn happened(&mut self, place: usize, event: &Event<'_>) {
        let time_unix_ns = self.time(event.time_ns);
        self.spans[place].events.push(SpanEvent {
            time_unix_ns,
            name: event.name.clone(),
            attributes: arguments(event),
            dropped_attributes_count: 0,
        });
    }

    /// The innermost slice of the event's thread that is open at its time.
    fn around(&self, event: &Event<'_>) -> Option<usize> {
        let time = self.time(event.time_ns);
        let order = &self.slices.get(&thread(event))?.order;
        let started = order.partition_point(|place| self.spans[*place].start_unix_ns <= time);
        // Upwards from the last that had started, by parents, which is as far as it nests.
        let mut at = Some(*order.get(started.checked_sub(1)?)?);
        for _ in 0..order.len().min(OUTWARDS * 16) {
            let place = at?;
            if self.spans[place].end_unix_ns >= time {
                return Some(place);
            }
            at = self.spans[place].parent_span_id.and_then(place_of);
        }
        None
    }

    /// The first slice of the event's thread that starts at its time or later.
    fn next(&self, event: &Event<'_>) -> Option<usize> {
        let time = self.time(event.time_ns);
        let order = &self.slices.get(&thread(event))?.order;
        let at = order.partition_point(|place| self.spans[*place].start_unix_ns < time);
        order.get(at).copied()
    }

    /// A new span that starts with the event.
    fn span(&mut self, event: &Event<'_>) -> usize {
        let place = self.spans.len();
        let process = event.process.to_string();
        let mut resource = Resource {
            attributes: self.processes.get(&process).cloned().unwrap_or_default(),
            ..Resource::default()
        };
        let mut attributes = arguments(event);
        if event.process != Value::Empty {
            resource
                .attributes
                .push(Attribute::new("process.pid", event.process.clone()));
        }
        if event.thread != Value::Empty {
            attributes.push(Attribute::new("thread.id", event.thread.clone()));
        }
        if let Some(name) = self.threads.get(&thread(event)) {
            attributes.push(Attribute::new("thread.name", name.as_str()));
        }
        let start = self.time(event.time_ns);
        let span = Span {
            resource: self.shared.resource(resource),
            scope: self.shared.scope(Scope {
                name: event.category.clone(),
                ..Scope::default()
            }),
            trace_id: self.trace_id,
            span_id: id(place),
            name: event.name.clone(),
            start_unix_ns: start,
            end_unix_ns: start,
            attributes,
            ..Span::default()
        };
        self.first.entry(process).or_insert(place);
        self.spans.push(span);
        place
    }

    fn time(&self, time_ns: i128) -> u64 {
        u64::try_from(time_ns + self.shift).unwrap_or(if time_ns < 0 { 0 } else { u64::MAX })
    }
}

fn thread(event: &Event<'_>) -> Thread {
    (event.process.to_string(), event.thread.to_string())
}

/// Spans are numbered from 1.
fn id(place: usize) -> SpanId {
    SpanId((place as u64 + 1).to_be_bytes())
}

fn place_of(id: SpanId) -> Option<usize> {
    usize::try_from(u64::from_be_bytes(id.0)).ok()?.checked_sub(1)
}

fn arguments(event: &Event<'_>) -> Vec<Attribute> {
    let read = event
        .args
        .and_then(|raw| serde_json::from_str::<Members>(raw.get()).ok());
    read.unwrap_or_default().0
}

/// A trace id that the same content always has: FNV-1a of 128 bits.
fn drawn(content: &[u8]) -> TraceId {
    let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    for byte in content {
        hash = (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    TraceId(hash.max(1).to_be_bytes())
}
