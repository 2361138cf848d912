//! What spans share: their resource and scope, kept once for all traces that have spans of them.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use prost::Message as _;
use trace::otlp::proto;
use trace::otlp::scan::{Group, text_attribute};

use crate::counts::{Ledger, Sender};

/// A resource and a scope with their schema URLs, as they came.
#[derive(Debug)]
pub struct Origin {
    resource: Box<[u8]>,
    resource_schema_url: Box<str>,
    scope: Box<[u8]>,
    scope_schema_url: Box<str>,
    service: Box<str>,
    sender: Sender,
    /// How many traces, and requests under way, need it. Changed only by who holds the store.
    holders: AtomicU32,
}

/// What tells one origin from another.
type Parts<'a> = (&'a [u8], &'a str, &'a [u8], &'a str);

impl Origin {
    fn parts(&self) -> Parts<'_> {
        (
            &self.resource,
            &self.resource_schema_url,
            &self.scope,
            &self.scope_schema_url,
        )
    }

    /// The resource's message.
    pub fn resource(&self) -> &[u8] {
        &self.resource
    }

    /// The scope's message.
    pub fn scope(&self) -> &[u8] {
        &self.scope
    }

    pub fn resource_schema_url(&self) -> &str {
        &self.resource_schema_url
    }

    pub fn scope_schema_url(&self) -> &str {
        &self.scope_schema_url
    }

    /// The resource's `service.name`, or what stands for it.
    pub fn service(&self) -> &str {
        &self.service
    }

    pub fn sender(&self) -> Sender {
        self.sender
    }

    /// One more needs it.
    pub fn refer(&self) {
        self.holders.fetch_add(1, Ordering::Relaxed);
    }

    fn bytes(&self) -> usize {
        self.resource.len()
            + self.resource_schema_url.len()
            + self.scope.len()
            + self.scope_schema_url.len()
            + self.service.len()
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

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Origin {}

impl Hash for Origin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

/// The origins in use.
#[derive(Default)]
pub struct Origins {
    known: HashSet<Arc<Origin>>,
    bytes: usize,
}

/// What an origin takes beside its bytes: itself, its reference counts, its entry in a set that may be half empty.
const OVERHEAD: usize = size_of::<Origin>() + 64;

impl Origins {
    /// A group's origin, held until it is released.
    pub fn hold(&mut self, group: &Group<'_>, ledger: &mut Ledger) -> Arc<Origin> {
        let service = text_attribute(&group.resource, "service.name").unwrap_or("unknown_service");
        let mut origin = Origin {
            resource: group.resource.concat().into(),
            resource_schema_url: group.resource_schema_url.into(),
            scope: group.scope.concat().into(),
            scope_schema_url: group.scope_schema_url.into(),
            service: service.into(),
            sender: Sender::default(),
            holders: AtomicU32::new(1),
        };
        if let Some(known) = self.known.get(&origin) {
            known.refer();
            return Arc::clone(known);
        }
        let instance = text_attribute(&group.resource, "service.instance.id").unwrap_or("");
        origin.sender = ledger.sender(service, instance);
        self.bytes += OVERHEAD + origin.bytes();
        let origin = Arc::new(origin);
        self.known.insert(Arc::clone(&origin));
        origin
    }

    /// One needs it no longer; the last one lets it go.
    pub fn release(&mut self, origin: &Arc<Origin>) {
        if origin.holders.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.bytes -= OVERHEAD + origin.bytes();
            self.known.remove(origin);
        }
    }

    pub fn all(&self) -> impl Iterator<Item = &Arc<Origin>> {
        self.known.iter()
    }

    pub fn heap_bytes(&self) -> usize {
        self.bytes
    }
}
