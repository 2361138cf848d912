//! What spans share: their resource and scope, kept once for all traces that have spans of them.

use std::collections::HashMap;
use std::sync::Arc;

use prost::Message as _;
use trace::otlp::proto;
use trace::otlp::scan::{Group, text_attribute};

use crate::counts::{Ledger, Sender};

/// A resource and a scope with their schema URLs, as they came.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    resource: Box<[u8]>,
    resource_schema_url: Box<str>,
    scope: Box<[u8]>,
    scope_schema_url: Box<str>,
}

impl Origin {
    fn of(group: &Group<'_>) -> Self {
        Self {
            resource: group.resource.concat().into(),
            resource_schema_url: group.resource_schema_url.into(),
            scope: group.scope.concat().into(),
            scope_schema_url: group.scope_schema_url.into(),
        }
    }

    fn bytes(&self) -> usize {
        self.resource.len() + self.resource_schema_url.len() + self.scope.len() + self.scope_schema_url.len()
    }

    /// These spans, grouped as OTLP does. The bytes were checked when they came.
    pub fn group(&self, spans: Vec<proto::Span>) -> proto::ResourceSpans {
        proto::ResourceSpans {
            resource: proto::Resource::decode(&*self.resource).ok(),
            scope_spans: vec![proto::ScopeSpans {
                scope: proto::InstrumentationScope::decode(&*self.scope).ok(),
                spans,
                schema_url: self.scope_schema_url.to_string(),
            }],
            schema_url: self.resource_schema_url.to_string(),
        }
    }
}

struct Slot {
    origin: Arc<Origin>,
    sender: Sender,
    /// How many traces, and requests under way, need it.
    holders: u32,
}

/// The origins in use, by number.
#[derive(Default)]
pub struct Origins {
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    numbers: HashMap<Arc<Origin>, u32>,
    bytes: usize,
}

/// What an origin takes beside its bytes: slot, map entry, reference counts.
const OVERHEAD: usize = size_of::<Slot>() + size_of::<Origin>() + 64;

impl Origins {
    /// The number of a group's origin, held until it is released.
    pub fn hold(&mut self, group: &Group<'_>, ledger: &mut Ledger) -> (u32, Sender) {
        let origin = Origin::of(group);
        if let Some(number) = self.numbers.get(&origin)
            && let Some(Some(slot)) = self.slots.get_mut(*number as usize)
        {
            slot.holders += 1;
            return (*number, slot.sender);
        }
        let service = text_attribute(&group.resource, "service.name").unwrap_or("unknown_service");
        let instance = text_attribute(&group.resource, "service.instance.id").unwrap_or("");
        let sender = ledger.sender(service, instance);
        self.bytes += OVERHEAD + origin.bytes();
        let origin = Arc::new(origin);
        let slot = Some(Slot {
            origin: Arc::clone(&origin),
            sender,
            holders: 1,
        });
        let number = match self.free.pop() {
            Some(number) => {
                self.slots[number as usize] = slot;
                number
            }
            None => {
                self.slots.push(slot);
                self.slots.len() as u32 - 1
            }
        };
        self.numbers.insert(origin, number);
        (number, sender)
    }

    /// One more trace needs this origin.
    pub fn refer(&mut self, number: u32) {
        if let Some(Some(slot)) = self.slots.get_mut(number as usize) {
            slot.holders += 1;
        }
    }

    /// One needs it no longer; the last one lets it go.
    pub fn release(&mut self, number: u32) {
        let Some(place) = self.slots.get_mut(number as usize) else {
            return;
        };
        let Some(slot) = place else { return };
        slot.holders -= 1;
        if slot.holders == 0 {
            self.bytes -= OVERHEAD + slot.origin.bytes();
            self.numbers.remove(&slot.origin);
            *place = None;
            self.free.push(number);
        }
    }

    pub fn sender(&self, number: u32) -> Option<Sender> {
        self.slots.get(number as usize)?.as_ref().map(|slot| slot.sender)
    }

    pub fn origin(&self, number: u32) -> Option<Arc<Origin>> {
        self.slots
            .get(number as usize)?
            .as_ref()
            .map(|slot| Arc::clone(&slot.origin))
    }

    pub fn heap_bytes(&self) -> usize {
        self.bytes
    }
}
