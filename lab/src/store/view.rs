//! A stored trace as TraceQL's evaluator sees it: nothing is decoded but what is asked for.

use trace::otlp::scan::fields::{Content, Field, Fields};
use trace::otlp::scan::simple_key;
use trace::view::{EventView, Index, Key, LinkView, Owner, TraceView, ValueRef};
use trace::{Kind, SpanId, StatusCode, TraceId};

use super::TraceSpans;
use super::fields_of_span::{
    EVENT_ATTRIBUTES, EVENTS, LINK_ATTRIBUTES, LINKS, RESOURCE_ATTRIBUTES, SCOPE_ATTRIBUTES, SPAN_ATTRIBUTES,
    event_name, messages, scope_name,
};

/// A stored trace while it is asked about.
pub struct Reading<'t> {
    trace: &'t TraceSpans,
    go_on: &'t dyn Fn() -> bool,
}

impl TraceSpans {
    /// The trace, to be asked about as long as `go_on` says so.
    pub fn reading<'t>(&'t self, go_on: &'t dyn Fn() -> bool) -> Reading<'t> {
        Reading { trace: self, go_on }
    }
}

impl<'t> Reading<'t> {
    fn own_attribute(&self, span: Index, key: &Key) -> Option<ValueRef<'t>> {
        if self.trace.entry(span).key_bits & key.bit() == 0 {
            return None;
        }
        let Some(attributes) = self.trace.attributes_at(span) else {
            return find(self.trace.bytes_at(span), SPAN_ATTRIBUTES, key);
        };
        let wire = key.wire();
        let is_sought = |attribute: &[u8]| {
            // Keys that are not the same are so most often in their length or their last letter, which is cheaper to see than all.
            attribute.get(1) == wire.get(1)
                && attribute.get(wire.len() - 1) == wire.last()
                && attribute.starts_with(wire)
        };
        let found = Fields::new(attributes)
            .map_while(|field| match field {
                Ok(Field {
                    number: SPAN_ATTRIBUTES,
                    content: Content::Bytes(attribute),
                }) => Some(attribute),
                _ => None,
            })
            .find(|attribute| is_sought(attribute))?;
        let value = Fields::new(&found[wire.len()..]).next()?.ok()?;
        bytes(value.content).map(ValueRef::from_wire)
    }

    /// The messages of its events or of its links.
    fn besides(&self, span: Index, field: u32) -> impl Iterator<Item = &'t [u8]> {
        let message = match self.trace.attributes_at(span) {
            Some(_) => &[],
            None => self.trace.bytes_at(span),
        };
        messages(message, field)
    }

    /// The message that holds these attributes, and in which of its fields they are.
    fn holder(&self, span: Index, owner: Owner) -> (&'t [u8], u32) {
        let origin = self.trace.origin_of(span);
        match owner {
            Owner::Span => (self.trace.bytes_at(span), SPAN_ATTRIBUTES),
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
    let text = match simple_key(attribute) {
        Some(key) => key,
        None => last(attribute, 1).and_then(bytes).unwrap_or_default(),
    };
    (text == key.text().as_bytes()).then(|| value(attribute))
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
        self.trace.entry(span).span_id
    }

    fn parent_span_id(&self, span: Index) -> Option<SpanId> {
        Some(self.trace.entry(span).parent).filter(|parent| parent.is_valid())
    }

    fn is_same(&self, one: Index, other: Index) -> bool {
        let (one, other) = (self.trace.at(one), self.trace.at(other));
        one.origin_place == other.origin_place && one.bytes == other.bytes
    }

    fn name(&self, span: Index) -> &str {
        self.trace.name_of(self.trace.entry(span))
    }

    fn kind(&self, span: Index) -> Kind {
        Kind(self.trace.entry(span).kind)
    }

    fn status(&self, span: Index) -> StatusCode {
        StatusCode(self.trace.entry(span).status)
    }

    fn status_message(&self, span: Index) -> &str {
        self.trace.at(span).status_message()
    }

    fn start_unix_ns(&self, span: Index) -> u64 {
        self.trace.entry(span).start_unix_ns
    }

    fn end_unix_ns(&self, span: Index) -> u64 {
        self.trace.entry(span).end_unix_ns
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
            return self.own_attribute(span, key);
        }
        let (message, number) = self.holder(span, owner);
        find(message, number, key)
    }

    fn each_attribute(&self, span: Index, owner: Owner, visit: &mut dyn FnMut(&str, ValueRef<'_>)) {
        let (message, number) = self.holder(span, owner);
        visit_all(message, number, visit);
    }

    fn events<'v>(&'v self, span: Index) -> impl Iterator<Item = impl EventView<'v>> {
        self.besides(span, EVENTS).map(Event)
    }

    fn links<'v>(&'v self, span: Index) -> impl Iterator<Item = impl LinkView<'v>> {
        self.besides(span, LINKS).map(Link)
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
