//! A stored trace as TraceQL's evaluator sees it: nothing is decoded but what is asked for.

use std::cell::{Cell, Ref, RefCell};

use trace::otlp::scan::fields::{Content, Fields};
use trace::view::{EventView, Index, Key, LinkView, Owner, TraceView, ValueRef};
use trace::{Kind, SpanId, StatusCode, TraceId};

use super::TraceSpans;
use super::fields_of_span::{
    EVENT_ATTRIBUTES, EVENTS, LINK_ATTRIBUTES, LINKS, RESOURCE_ATTRIBUTES, SCOPE_ATTRIBUTES, SPAN_ATTRIBUTES,
    event_name, messages, scope_name,
};

/// The fields of a span that are read one at a time.
const NAME: u32 = 5;
const KIND: u32 = 6;
const START: u32 = 7;
const END: u32 = 8;
const STATUS: u32 = 15;

/// A stored trace while it is asked about. A query asks several things of one span before it comes to the next, so that
/// a span's bytes are gone over once for all of them, and where its fields are is remembered until then.
pub struct Reading<'t> {
    trace: &'t TraceSpans,
    go_on: &'t dyn Fn() -> bool,
    fields: Cell<Fixed<'t>>,
    attributes: RefCell<Attributes<'t>>,
}

/// The fields that every span has, of one span.
#[derive(Clone, Copy, Default)]
struct Fixed<'t> {
    /// Of which span; none yet.
    span: Option<Index>,
    name: &'t [u8],
    kind: u64,
    start_unix_ns: u64,
    end_unix_ns: u64,
    status: Option<u64>,
}

/// Where the attributes of a span are, and whether it has events and links.
#[derive(Default)]
struct Attributes<'t> {
    /// Of which span; none yet.
    span: Option<Index>,
    list: Vec<Attribute<'t>>,
    has_events: bool,
    has_links: bool,
}

/// An attribute's message.
struct Attribute<'t> {
    message: &'t [u8],
    /// Whether it is a short key and then a short value, and nothing else, as nearly all are.
    is_plain: bool,
}

impl<'t> Fixed<'t> {
    fn of(span: Index, message: &'t [u8]) -> Self {
        let mut fixed = Self {
            span: Some(span),
            ..Self::default()
        };
        for field in Fields::new(message).map_while(Result::ok) {
            match (field.number, field.content) {
                (SPAN_ATTRIBUTES, _) => {}
                (NAME, Content::Bytes(name)) => fixed.name = name,
                (KIND, Content::Varint(kind)) => fixed.kind = kind,
                (START, Content::Fixed64(start)) => fixed.start_unix_ns = start,
                (END, Content::Fixed64(end)) => fixed.end_unix_ns = end,
                // It may come in pieces.
                (STATUS, Content::Bytes(status)) => {
                    if let Some(Content::Varint(code)) = last(status, 3) {
                        fixed.status = Some(code);
                    }
                }
                _ => {}
            }
        }
        fixed
    }
}

impl<'t> Attributes<'t> {
    fn read(&mut self, span: Index, message: &'t [u8]) {
        self.span = Some(span);
        self.list.clear();
        (self.has_events, self.has_links) = (false, false);
        for field in Fields::new(message).map_while(Result::ok) {
            match (field.number, field.content) {
                (SPAN_ATTRIBUTES, Content::Bytes(message)) => self.list.push(Attribute {
                    message,
                    is_plain: is_plain(message),
                }),
                (EVENTS, _) => self.has_events = true,
                (LINKS, _) => self.has_links = true,
                _ => {}
            }
        }
    }

    fn attribute(&self, key: &Key) -> Option<ValueRef<'t>> {
        let wire = key.wire();
        let end = wire.last();
        self.list.iter().find_map(|attribute| {
            let message = attribute.message;
            if !attribute.is_plain {
                return value_if(message, key);
            }
            // Keys that are not the same are so most often in their last letter, which is cheaper to see than all.
            if message.get(wire.len() - 1) != end {
                return None;
            }
            // Behind the key are the value's tag and its length.
            let value = message.strip_prefix(wire)?.get(2..)?;
            Some(ValueRef::from_wire(value))
        })
    }
}

/// Whether an attribute is a short key and then a short value, and nothing else.
fn is_plain(attribute: &[u8]) -> bool {
    let [KEY, key @ 0..0x80, rest @ ..] = attribute else {
        return false;
    };
    match rest.split_at_checked(usize::from(*key)) {
        Some((_, [VALUE, value @ 0..0x80, rest @ ..])) => rest.len() == usize::from(*value),
        _ => false,
    }
}

impl TraceSpans {
    /// The trace, to be asked about as long as `go_on` says so.
    pub fn reading<'t>(&'t self, go_on: &'t dyn Fn() -> bool) -> Reading<'t> {
        Reading {
            trace: self,
            go_on,
            fields: Cell::default(),
            attributes: RefCell::default(),
        }
    }
}

impl<'t> Reading<'t> {
    fn fields(&self, span: Index) -> Fixed<'t> {
        let mut fields = self.fields.get();
        if fields.span != Some(span) {
            fields = Fixed::of(span, self.trace.at(span).bytes);
            self.fields.set(fields);
        }
        fields
    }

    fn attributes(&self, span: Index) -> Ref<'_, Attributes<'t>> {
        if self.attributes.borrow().span != Some(span) {
            let message = self.trace.at(span).bytes;
            self.attributes.borrow_mut().read(span, message);
        }
        self.attributes.borrow()
    }

    /// The message that holds these attributes, and in which of its fields they are.
    fn holder(&self, span: Index, owner: Owner) -> (&'t [u8], u32) {
        let origin = self.trace.at(span).origin;
        match owner {
            Owner::Span => (self.trace.at(span).bytes, SPAN_ATTRIBUTES),
            Owner::Resource => (origin.resource(), RESOURCE_ATTRIBUTES),
            Owner::Instrumentation => (origin.scope(), SCOPE_ATTRIBUTES),
        }
    }
}

/// The last value of a field, which is the one that counts.
fn last(message: &[u8], number: u32) -> Option<Content<'_>> {
    let values = Fields::new(message)
        .map_while(Result::ok)
        .filter(|field| field.number == number);
    values.map(|field| field.content).last()
}

fn bytes(content: Content<'_>) -> Option<&[u8]> {
    match content {
        Content::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

/// The value of the first attribute with this key in a field of a message.
fn find<'a>(message: &'a [u8], number: u32, key: &Key) -> Option<ValueRef<'a>> {
    messages(message, number).find_map(|attribute| value_if(attribute, key))
}

/// An attribute's value, if it has this key.
fn value_if<'a>(attribute: &'a [u8], key: &Key) -> Option<ValueRef<'a>> {
    if is_plain(attribute) && !attribute.starts_with(key.wire()) {
        return None;
    }
    let text = last(attribute, 1).and_then(bytes).unwrap_or_default();
    (text == key.text().as_bytes()).then(|| value(attribute))
}

/// How the key's field begins in an attribute, and how the value's does.
const KEY: u8 = 1 << 3 | 2;
const VALUE: u8 = 2 << 3 | 2;

/// The value in an attribute's fields.
fn value(attribute: &[u8]) -> ValueRef<'_> {
    last(attribute, 2)
        .and_then(bytes)
        .map_or(ValueRef::Empty, ValueRef::from_wire)
}

fn visit_all(message: &[u8], number: u32, visit: &mut dyn FnMut(&str, ValueRef<'_>)) {
    for attribute in messages(message, number) {
        let key = last(attribute, 1).and_then(bytes).unwrap_or_default();
        visit(std::str::from_utf8(key).unwrap_or_default(), value(attribute));
    }
}

impl TraceView for Reading<'_> {
    // Resends are not kept, unless a trace has more different spans of one id than are compared.
    const DISTINCT: bool = true;

    fn span_count(&self) -> usize {
        self.trace.len()
    }

    fn go_on(&self) -> bool {
        (self.go_on)()
    }

    fn trace_id(&self) -> TraceId {
        self.trace.id()
    }

    fn span_id(&self, span: Index) -> SpanId {
        self.trace.at(span).span_id
    }

    fn parent_span_id(&self, span: Index) -> Option<SpanId> {
        Some(self.trace.at(span).parent).filter(|parent| parent.is_valid())
    }

    fn is_same(&self, one: Index, other: Index) -> bool {
        let (one, other) = (self.trace.at(one), self.trace.at(other));
        one.origin_place == other.origin_place && one.bytes == other.bytes
    }

    fn name(&self, span: Index) -> &str {
        std::str::from_utf8(self.fields(span).name).unwrap_or_default()
    }

    fn kind(&self, span: Index) -> Kind {
        Kind(self.fields(span).kind as i32)
    }

    fn status(&self, span: Index) -> StatusCode {
        self.fields(span)
            .status
            .map_or(StatusCode::UNSET, |code| StatusCode(code as i32))
    }

    fn status_message(&self, span: Index) -> &str {
        self.trace.at(span).status_message()
    }

    fn start_unix_ns(&self, span: Index) -> u64 {
        self.fields(span).start_unix_ns
    }

    fn end_unix_ns(&self, span: Index) -> u64 {
        self.fields(span).end_unix_ns
    }

    fn instrumentation_name(&self, span: Index) -> &str {
        scope_name(self.trace.at(span).origin.scope())
    }

    fn instrumentation_version(&self, span: Index) -> &str {
        last(self.trace.at(span).origin.scope(), 2)
            .and_then(bytes)
            .map_or("", |text| std::str::from_utf8(text).unwrap_or_default())
    }

    fn attribute(&self, span: Index, owner: Owner, key: &Key) -> Option<ValueRef<'_>> {
        if owner == Owner::Span {
            return self.attributes(span).attribute(key);
        }
        let (message, number) = self.holder(span, owner);
        find(message, number, key)
    }

    fn each_attribute(&self, span: Index, owner: Owner, visit: &mut dyn FnMut(&str, ValueRef<'_>)) {
        let (message, number) = self.holder(span, owner);
        visit_all(message, number, visit);
    }

    fn events<'v>(&'v self, span: Index) -> impl Iterator<Item = impl EventView<'v>> {
        let most = if self.attributes(span).has_events {
            usize::MAX
        } else {
            0
        };
        self.trace.at(span).events().take(most).map(Event)
    }

    fn links<'v>(&'v self, span: Index) -> impl Iterator<Item = impl LinkView<'v>> {
        let most = if self.attributes(span).has_links {
            usize::MAX
        } else {
            0
        };
        self.trace.at(span).links().take(most).map(Link)
    }
}

/// An event's message.
struct Event<'v>(&'v [u8]);

impl<'v> EventView<'v> for Event<'v> {
    fn name(&self) -> &'v str {
        event_name(self.0)
    }

    fn time_unix_ns(&self) -> u64 {
        match last(self.0, 1) {
            Some(Content::Fixed64(time)) => time,
            _ => 0,
        }
    }

    fn attribute(&self, key: &Key) -> Option<ValueRef<'v>> {
        find(self.0, EVENT_ATTRIBUTES, key)
    }

    fn each_attribute(&self, visit: &mut dyn FnMut(&str, ValueRef<'_>)) {
        visit_all(self.0, EVENT_ATTRIBUTES, visit);
    }
}

/// A link's message.
struct Link<'v>(&'v [u8]);

impl<'v> LinkView<'v> for Link<'v> {
    fn trace_id(&self) -> Option<TraceId> {
        TraceId::from_slice(last(self.0, 1).and_then(bytes)?)
    }

    fn span_id(&self) -> Option<SpanId> {
        SpanId::from_slice(last(self.0, 2).and_then(bytes)?)
    }

    fn attribute(&self, key: &Key) -> Option<ValueRef<'v>> {
        find(self.0, LINK_ATTRIBUTES, key)
    }

    fn each_attribute(&self, visit: &mut dyn FnMut(&str, ValueRef<'_>)) {
        visit_all(self.0, LINK_ATTRIBUTES, visit);
    }
}
