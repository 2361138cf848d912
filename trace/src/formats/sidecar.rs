//! A span's fields as a plain JSON object, for formats that let anything ride along: Chrome's `args`, X-Ray's
//! `metadata`. Readable for people who look at them there, and complete but for what JSON has no form for.

use serde::Deserialize;

use super::native::{self, Members, Native};
use super::shared::Shared;
use super::{Losses, tags};
use crate::id::{SpanId, TraceId};
use crate::model::{
    Attribute, EntityRef, Event, Kind, Link, Resource, Scope, Span, Status, StatusCode, Value,
};
use crate::otlp::json::out::{Object, array, string};

/// Writes the members of a span that are not its ids, name and times, nor its events and resource.
pub fn write(span: &Span, object: &mut Object<'_>, losses: &mut Losses) {
    match (tags::kind_name(span.kind), span.kind) {
        (Some(name), _) => object.text("kind", name),
        (None, kind) => object.number("kind", kind.0.into()),
    }
    match (tags::status_name(span.status.code), span.status.code) {
        (Some(name), _) => object.text("status", name),
        (None, code) => object.number("status", code.0.into()),
    }
    object.text("status_message", &span.status.message);
    attributes("attributes", &span.attributes, object, losses);
    object.number("dropped_attributes_count", span.dropped_attributes_count.into());
    object.number("dropped_events_count", span.dropped_events_count.into());
    if !span.links.is_empty() {
        array(&span.links, object.key("links"), |link, into| {
            self::link(link, into, losses)
        });
    }
    object.number("dropped_links_count", span.dropped_links_count.into());
    object.text("trace_state", &span.trace_state);
    object.number("flags", span.flags.into());
    if *span.scope != Scope::default() {
        let scope = &span.scope;
        let mut inner = Object::new(object.key("scope"));
        inner.text("name", &scope.name);
        inner.text("version", &scope.version);
        attributes("attributes", &scope.attributes, &mut inner, losses);
        inner.number("dropped_attributes_count", scope.dropped_attributes_count.into());
        inner.text("schema_url", &scope.schema_url);
        inner.end();
    }
}

/// Writes a resource as a member.
pub fn write_resource(resource: &Resource, object: &mut Object<'_>, losses: &mut Losses) {
    let mut inner = Object::new(object.key("resource"));
    attributes("attributes", &resource.attributes, &mut inner, losses);
    inner.number(
        "dropped_attributes_count",
        resource.dropped_attributes_count.into(),
    );
    inner.text("schema_url", &resource.schema_url);
    inner.list("entity_refs", &resource.entity_refs, |entity, into| {
        let mut object = Object::new(into);
        object.text("schema_url", &entity.schema_url);
        object.text("type", &entity.entity_type);
        object.list("id_keys", &entity.id_keys, |key, into| string(key, into));
        object.list("description_keys", &entity.description_keys, |key, into| {
            string(key, into)
        });
        object.end();
    });
    inner.end();
}

/// Writes an event's attributes and count.
pub fn write_event(event: &Event, object: &mut Object<'_>, losses: &mut Losses) {
    attributes("attributes", &event.attributes, object, losses);
    object.number("dropped_attributes_count", event.dropped_attributes_count.into());
}

fn attributes(key: &str, attributes: &[Attribute], object: &mut Object<'_>, losses: &mut Losses) {
    if !attributes.is_empty() {
        native::object(attributes, object.key(key), losses);
    }
}

fn link(link: &Link, into: &mut Vec<u8>, losses: &mut Losses) {
    let mut object = Object::new(into);
    if let Some(id) = link.trace_id {
        object.id("trace_id", &id.0);
    }
    if let Some(id) = link.span_id {
        object.id("span_id", &id.0);
    }
    object.text("trace_state", &link.trace_state);
    attributes("attributes", &link.attributes, &mut object, losses);
    object.number("dropped_attributes_count", link.dropped_attributes_count.into());
    object.number("flags", link.flags.into());
    object.end();
}

/// The same as it is read; every member may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sidecar {
    kind: Native,
    status: Native,
    status_message: String,
    attributes: Members,
    dropped_attributes_count: u32,
    dropped_events_count: u32,
    links: Vec<LinkJson>,
    dropped_links_count: u32,
    trace_state: String,
    flags: u32,
    scope: ScopeJson,
    pub resource: Option<ResourceJson>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LinkJson {
    trace_id: Option<TraceId>,
    span_id: Option<SpanId>,
    trace_state: String,
    attributes: Members,
    dropped_attributes_count: u32,
    flags: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ScopeJson {
    name: String,
    version: String,
    attributes: Members,
    dropped_attributes_count: u32,
    schema_url: String,
}

/// A resource as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ResourceJson {
    attributes: Members,
    dropped_attributes_count: u32,
    schema_url: String,
    entity_refs: Vec<EntityJson>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EntityJson {
    schema_url: String,
    r#type: String,
    id_keys: Vec<String>,
    description_keys: Vec<String>,
}

/// An event's attributes and count, as they are read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EventJson {
    attributes: Members,
    dropped_attributes_count: u32,
}

impl Sidecar {
    /// Puts what was read into a span.
    pub fn fill(self, span: &mut Span, shared: &mut Shared) {
        span.kind = match self.kind.0 {
            Value::Int(number) => Kind(i32::try_from(number).unwrap_or_default()),
            Value::String(name) => tags::kind_of(&name).unwrap_or_default(),
            _ => Kind::UNSPECIFIED,
        };
        span.status = Status {
            code: match self.status.0 {
                Value::Int(number) => StatusCode(i32::try_from(number).unwrap_or_default()),
                Value::String(name) if name.eq_ignore_ascii_case("ok") => StatusCode::OK,
                Value::String(name) if name.eq_ignore_ascii_case("error") => StatusCode::ERROR,
                _ => StatusCode::UNSET,
            },
            message: self.status_message,
        };
        span.attributes = self.attributes.0;
        span.dropped_attributes_count = self.dropped_attributes_count;
        span.dropped_events_count = self.dropped_events_count;
        span.links = self.links.into_iter().map(LinkJson::into_link).collect();
        span.dropped_links_count = self.dropped_links_count;
        span.trace_state = self.trace_state;
        span.flags = self.flags;
        span.scope = shared.scope(Scope {
            name: self.scope.name,
            version: self.scope.version,
            attributes: self.scope.attributes.0,
            dropped_attributes_count: self.scope.dropped_attributes_count,
            schema_url: self.scope.schema_url,
        });
        if let Some(resource) = self.resource {
            span.resource = shared.resource(resource.into_resource());
        }
    }
}

impl LinkJson {
    fn into_link(self) -> Link {
        Link {
            trace_id: self.trace_id,
            span_id: self.span_id,
            trace_state: self.trace_state,
            attributes: self.attributes.0,
            dropped_attributes_count: self.dropped_attributes_count,
            flags: self.flags,
        }
    }
}

impl ResourceJson {
    /// The resource of the model.
    pub fn into_resource(self) -> Resource {
        let entity = |entity: EntityJson| EntityRef {
            schema_url: entity.schema_url,
            entity_type: entity.r#type,
            id_keys: entity.id_keys,
            description_keys: entity.description_keys,
        };
        Resource {
            attributes: self.attributes.0,
            dropped_attributes_count: self.dropped_attributes_count,
            entity_refs: self.entity_refs.into_iter().map(entity).collect(),
            schema_url: self.schema_url,
        }
    }
}

impl EventJson {
    /// The event with a time and a name.
    pub fn into_event(self, time_unix_ns: u64, name: String) -> Event {
        Event {
            time_unix_ns,
            name,
            attributes: self.attributes.0,
            dropped_attributes_count: self.dropped_attributes_count,
        }
    }
}
