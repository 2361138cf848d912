//! Zipkin's v2 span, whatever it was encoded in, and how it becomes a span of the model.

use super::{annotation, link};
use crate::formats::shared::Shared;
use crate::formats::tags;
use crate::id::{SpanId, TraceId};
use crate::model::{Attribute, Kind, Resource, Span, StatusCode, Value};

/// The attribute that keeps a span's `debug`.
pub const DEBUG: &str = "zipkin.debug";
/// The address and port of this side.
pub const LOCAL: (&str, &str) = ("network.local.address", "network.local.port");
/// The address and port of the other side.
pub const REMOTE: (&str, &str) = ("network.peer.address", "network.peer.port");

/// The attributes that can name the other side, the best first.
pub const REMOTE_NAMES: [&str; 11] = [
    "peer.service",
    "server.address",
    "net.peer.name",
    "network.peer.address",
    "server.socket.domain",
    "server.socket.address",
    "net.sock.peer.name",
    "net.sock.peer.addr",
    "peer.hostname",
    "peer.address",
    "db.name",
];

/// A span as Zipkin's v2 API has it. Times and durations are in microseconds, 0 if not said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ZipkinSpan {
    /// Its trace.
    pub trace_id: TraceId,
    /// Its own id, which a server's span may share with its client's.
    pub id: SpanId,
    /// Its parent.
    pub parent_id: Option<SpanId>,
    /// What side of a call it is; unspecified if not said.
    pub kind: Kind,
    /// The operation.
    pub name: String,
    /// Its start since 1970.
    pub timestamp_us: u64,
    /// How long it took.
    pub duration_us: u64,
    /// This side.
    pub local: Endpoint,
    /// The other side.
    pub remote: Endpoint,
    /// What happened, with the time in microseconds since 1970.
    pub annotations: Vec<(u64, String)>,
    /// What is said about it.
    pub tags: Vec<(String, String)>,
    /// Kept whatever the sampling.
    pub debug: bool,
}

/// One side of a call, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Endpoint {
    /// The service, empty if not said.
    pub service: String,
    /// The IPv4 or else IPv6 address as text, empty if not said.
    pub address: String,
    /// The port, 0 if not said.
    pub port: u16,
}

impl ZipkinSpan {
    /// The span of the model.
    pub fn into_span(self, shared: &mut Shared) -> Span {
        let start = self.timestamp_us.saturating_mul(1000);
        let mut span = Span {
            trace_id: self.trace_id,
            span_id: self.id,
            parent_span_id: self.parent_id,
            kind: self.kind,
            name: self.name,
            start_unix_ns: start,
            end_unix_ns: start.saturating_add(self.duration_us.saturating_mul(1000)),
            events: self
                .annotations
                .into_iter()
                .map(|(time_us, text)| annotation::read(time_us.saturating_mul(1000), text))
                .collect(),
            ..Span::default()
        };
        for (key, text) in self.tags {
            match link::read(&key, &text) {
                Some(link) => span.links.push(link),
                None => span.attributes.push(Attribute::new(key, text)),
            }
        }
        endpoint(&mut span, &self.local, LOCAL, &[LOCAL.0]);
        remote(&mut span, &self.remote);
        if self.debug {
            span.attributes.push(Attribute::new(DEBUG, true));
        }
        let scope = tags::absorb(&mut span);
        // What says the kind in a field of its own is the better witness.
        if self.kind != Kind::UNSPECIFIED {
            span.kind = self.kind;
        }
        span.scope = shared.scope(scope);
        error_tag(&mut span);
        let service =
            (!self.local.service.is_empty()).then(|| Attribute::new("service.name", self.local.service));
        span.resource = shared.resource(Resource {
            attributes: service.into_iter().collect(),
            ..Resource::default()
        });
        span
    }
}

/// The other side's name becomes `peer.service`, unless an attribute says it already.
fn remote(span: &mut Span, remote: &Endpoint) {
    let said = |attribute: &Attribute| {
        attribute.key == "peer.service"
            || REMOTE_NAMES.contains(&attribute.key.as_str())
                && attribute.value.as_str() == Some(&remote.service)
    };
    if !remote.service.is_empty() && !span.attributes.iter().any(said) {
        span.attributes
            .push(Attribute::new("peer.service", remote.service.as_str()));
    }
    endpoint(span, remote, REMOTE, &REMOTE_NAMES);
}

/// An address becomes an attribute, with its port, unless one of `others` says it already.
fn endpoint(span: &mut Span, endpoint: &Endpoint, (address, port): (&str, &str), others: &[&str]) {
    let has = |key: &str, text: &str| {
        let same = |it: &Attribute| it.key == key && it.value.as_str() == Some(text);
        span.attributes.iter().any(same)
    };
    let number = endpoint.port.to_string();
    let new_address =
        !endpoint.address.is_empty() && !others.iter().any(|other| has(other, &endpoint.address));
    // A port is said beside its address, under whichever name that has.
    let new_port = endpoint.port > 0
        && !span
            .attributes
            .iter()
            .any(|it| it.key.ends_with(".port") && it.value.as_str() == Some(&number));
    if new_address {
        span.attributes
            .push(Attribute::new(address, endpoint.address.as_str()));
    }
    if new_port {
        span.attributes.push(Attribute::new(port, number));
    }
}

/// `error` is an error's description in Zipkin, and having it is how a span says that it failed.
fn error_tag(span: &mut Span) {
    let Some(place) = span.attributes.iter().position(|it| it.key == tags::ERROR) else {
        return;
    };
    let Value::String(text) = &span.attributes[place].value else {
        return;
    };
    let failed = match span.status.code {
        StatusCode::ERROR => true,
        StatusCode::UNSET => text != "false",
        _ => false,
    };
    if failed {
        span.status.code = StatusCode::ERROR;
        if span.status.message.is_empty() && text != "true" {
            span.status.message.clone_from(text);
        }
        span.attributes.remove(place);
    }
}
