//! A stored trace as TraceQL's evaluator sees it: nothing is decoded but what is asked for.

use trace::otlp::scan::fields::{Content, Fields};
use trace::view::{EventView, Index, Key, LinkView, Owner, TraceView, ValueRef};
use trace::{Kind, SpanId, StatusCode, TraceId};

use super::TraceSpans;
use super::fields_of_span::{
    EVENT_ATTRIBUTES, LINK_ATTRIBUTES, RESOURCE_ATTRIBUTES, SCOPE_ATTRIBUTES, SPAN_ATTRIBUTES, event_name,
    messages, scope_name,
};

/// The fields of a span that are read one at a time.
const NAME: u32 = 5;
const KIND: u32 = 6;
const START: u32 = 7;
const END: u32 = 8;
const STATUS: u32 = 15;

impl TraceSpans {
    fn holder(&self, span: Index, owner: Owner) -> (&[u8], u32) {
        let span = self.at(span);
        match owner {
            Owner::Span => (span.bytes, SPAN_ATTRIBUTES),
            Owner::Resource => (span.origin.resource(), RESOURCE_ATTRIBUTES),
            Owner::Instrumentation => (span.origin.scope(), SCOPE_ATTRIBUTES),
        }
    }

    fn text(&self, span: Index, number: u32) -> &str {
        last(self.at(span).bytes, number)
            .and_then(bytes)
            .map_or("", |text| std::str::from_utf8(text).unwrap_or_default())
    }

    fn number(&self, span: Index, number: u32) -> u64 {
        match last(self.at(span).bytes, number) {
            Some(Content::Varint(number) | Content::Fixed64(number)) => number,
            _ => 0,
        }
    }

    /// The last value of a field in the span's status, which may have come in pieces.
    fn of_status(&self, span: Index, number: u32) -> Option<Content<'_>> {
        messages(self.at(span).bytes, STATUS)
            .filter_map(|status| last(status, number))
            .last()
    }
}

/// The last value of a field, which is the one that counts.
fn last(message: &[u8], number: u32) -> Option<Content<'_>> {
    let values = Fields::new(message)
        .flatten()
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
    messages(message, number).find_map(|attribute| match attribute.strip_prefix(key.wire()) {
        // What follows is the value, unless the key comes once more.
        Some(value) if value.first() != Some(&KEY) => Some(self::value(value)),
        None if attribute.first() == Some(&KEY) && !has_two_keys(attribute) => None,
        _ => {
            let text = last(attribute, 1).and_then(bytes).unwrap_or_default();
            (text == key.text().as_bytes()).then(|| self::value(attribute))
        }
    })
}

/// How the key's field begins in an attribute.
const KEY: u8 = 1 << 3 | 2;

/// Whether an attribute that begins with a key has another one behind it, which nobody sends and everybody must read.
fn has_two_keys(attribute: &[u8]) -> bool {
    match attribute {
        [KEY, length @ 0..0x80, rest @ ..] => rest.get(usize::from(*length)) == Some(&KEY),
        _ => true,
    }
}

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

impl TraceView for TraceSpans {
    // Resends are not kept, unless a trace has more different spans of one id than are compared.
    const DISTINCT: bool = true;

    fn span_count(&self) -> usize {
        self.len()
    }

    fn trace_id(&self) -> TraceId {
        self.id()
    }

    fn span_id(&self, span: Index) -> SpanId {
        self.at(span).span_id
    }

    fn parent_span_id(&self, span: Index) -> Option<SpanId> {
        Some(self.at(span).parent).filter(|parent| parent.is_valid())
    }

    fn is_same(&self, one: Index, other: Index) -> bool {
        let (one, other) = (self.at(one), self.at(other));
        one.origin_place == other.origin_place && one.bytes == other.bytes
    }

    fn name(&self, span: Index) -> &str {
        self.text(span, NAME)
    }

    fn kind(&self, span: Index) -> Kind {
        Kind(self.number(span, KIND) as i32)
    }

    fn status(&self, span: Index) -> StatusCode {
        match self.of_status(span, 3) {
            Some(Content::Varint(code)) => StatusCode(code as i32),
            _ => StatusCode::UNSET,
        }
    }

    fn status_message(&self, span: Index) -> &str {
        self.of_status(span, 2)
            .and_then(bytes)
            .map_or("", |text| std::str::from_utf8(text).unwrap_or_default())
    }

    fn start_unix_ns(&self, span: Index) -> u64 {
        self.number(span, START)
    }

    fn end_unix_ns(&self, span: Index) -> u64 {
        self.number(span, END)
    }

    fn instrumentation_name(&self, span: Index) -> &str {
        scope_name(self.at(span).origin.scope())
    }

    fn instrumentation_version(&self, span: Index) -> &str {
        last(self.at(span).origin.scope(), 2)
            .and_then(bytes)
            .map_or("", |text| std::str::from_utf8(text).unwrap_or_default())
    }

    fn attribute(&self, span: Index, owner: Owner, key: &Key) -> Option<ValueRef<'_>> {
        let (message, number) = self.holder(span, owner);
        find(message, number, key)
    }

    fn each_attribute(&self, span: Index, owner: Owner, visit: &mut dyn FnMut(&str, ValueRef<'_>)) {
        let (message, number) = self.holder(span, owner);
        visit_all(message, number, visit);
    }

    fn events<'v>(&'v self, span: Index) -> impl Iterator<Item = impl EventView<'v>> {
        self.at(span).events().map(Event)
    }

    fn links<'v>(&'v self, span: Index) -> impl Iterator<Item = impl LinkView<'v>> {
        self.at(span).links().map(Link)
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
