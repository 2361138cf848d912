//! Spans of the model as a view.

use super::{EventView, Index, Key, LinkView, Owner, TraceView, ValueRef};
use crate::id::{SpanId, TraceId};
use crate::model::{Attribute, Event, Kind, Link, Span, StatusCode, Value};

/// Spans of the model that are all of one trace.
#[derive(Debug, Clone, Copy)]
pub struct ModelTrace<'a>(pub &'a [Span]);

impl ModelTrace<'_> {
    fn attributes(&self, span: Index, owner: Owner) -> &[Attribute] {
        let span = &self.0[span];
        match owner {
            Owner::Span => &span.attributes,
            Owner::Resource => &span.resource.attributes,
            Owner::Instrumentation => &span.scope.attributes,
        }
    }
}

fn find<'a>(attributes: &'a [Attribute], key: &Key) -> Option<ValueRef<'a>> {
    Value::find(attributes, key.text()).map(ValueRef::from)
}

fn visit_all(attributes: &[Attribute], visit: &mut dyn FnMut(&str, ValueRef<'_>)) {
    for attribute in attributes {
        visit(&attribute.key, ValueRef::from(&attribute.value));
    }
}

impl TraceView for ModelTrace<'_> {
    const DISTINCT: bool = false;

    fn span_count(&self) -> usize {
        self.0.len()
    }

    fn trace_id(&self) -> TraceId {
        self.0.first().map(|span| span.trace_id).unwrap_or_default()
    }

    fn span_id(&self, span: Index) -> SpanId {
        self.0[span].span_id
    }

    fn parent_span_id(&self, span: Index) -> Option<SpanId> {
        self.0[span].parent()
    }

    fn is_same(&self, one: Index, other: Index) -> bool {
        self.0[one] == self.0[other]
    }

    fn name(&self, span: Index) -> &str {
        &self.0[span].name
    }

    fn kind(&self, span: Index) -> Kind {
        self.0[span].kind
    }

    fn status(&self, span: Index) -> StatusCode {
        self.0[span].status.code
    }

    fn status_message(&self, span: Index) -> &str {
        &self.0[span].status.message
    }

    fn start_unix_ns(&self, span: Index) -> u64 {
        self.0[span].start_unix_ns
    }

    fn end_unix_ns(&self, span: Index) -> u64 {
        self.0[span].end_unix_ns
    }

    fn instrumentation_name(&self, span: Index) -> &str {
        &self.0[span].scope.name
    }

    fn instrumentation_version(&self, span: Index) -> &str {
        &self.0[span].scope.version
    }

    fn attribute(&self, span: Index, owner: Owner, key: &Key) -> Option<ValueRef<'_>> {
        find(self.attributes(span, owner), key)
    }

    fn each_attribute(&self, span: Index, owner: Owner, visit: &mut dyn FnMut(&str, ValueRef<'_>)) {
        visit_all(self.attributes(span, owner), visit);
    }

    fn events<'v>(&'v self, span: Index) -> impl Iterator<Item = impl EventView<'v>> {
        self.0[span].events.iter()
    }

    fn links<'v>(&'v self, span: Index) -> impl Iterator<Item = impl LinkView<'v>> {
        self.0[span].links.iter()
    }
}

impl<'v> EventView<'v> for &'v Event {
    fn name(&self) -> &'v str {
        &self.name
    }

    fn time_unix_ns(&self) -> u64 {
        self.time_unix_ns
    }

    fn attribute(&self, key: &Key) -> Option<ValueRef<'v>> {
        find(&self.attributes, key)
    }

    fn each_attribute(&self, visit: &mut dyn FnMut(&str, ValueRef<'_>)) {
        visit_all(&self.attributes, visit);
    }
}

impl<'v> LinkView<'v> for &'v Link {
    fn trace_id(&self) -> Option<TraceId> {
        self.trace_id
    }

    fn span_id(&self) -> Option<SpanId> {
        self.span_id
    }

    fn attribute(&self, key: &Key) -> Option<ValueRef<'v>> {
        find(&self.attributes, key)
    }

    fn each_attribute(&self, visit: &mut dyn FnMut(&str, ValueRef<'_>)) {
        visit_all(&self.attributes, visit);
    }
}
