//! Writing v2 JSON: one list of all spans.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io::Write as _;
use std::net::IpAddr;

use super::model::{DEBUG, LOCAL, REMOTE, REMOTE_NAMES};
use super::{annotation, link};
use crate::formats::{Losses, native, tags};
use crate::id::{SpanId, TraceId};
use crate::model::{Attribute, Kind, Span, StatusCode, Value};
use crate::otlp::json::out::{Object, array, string};

/// What this format loses, beside what [`tags`] does.
pub mod lost {
    /// Times are whole microseconds.
    pub const START: &str = "start: below a microsecond";
    /// Durations are whole microseconds, at least one.
    pub const DURATION: &str = "duration: below a microsecond";
    /// Durations are not negative.
    pub const NEGATIVE: &str = "duration: an end before the start, told as 0";
    /// Times are whole microseconds.
    pub const EVENT_TIME: &str = "events: time below a microsecond";
    /// All values are text.
    pub const VALUE: &str = "attribute values: of other types, told as text";
    /// There is no place for the process.
    pub const RESOURCE: &str = "resource: attributes other than service.name, told as the span's";
    /// A span is made by a service.
    pub const SERVICE: &str = "resource: no service.name as text, told as `unknown_service`";
    /// Zipkin knows errors by their tag.
    pub const ERROR: &str = "attributes: `error`, which in Zipkin is the status";
}

/// How the names of services and spans are written.
type Names = fn(&str) -> Cow<'_, str>;

/// All spans as Zipkin takes them: `[{"traceId":…},…]`.
pub fn write(spans: &[Span], losses: &mut Losses) -> Vec<u8> {
    write_with(spans, |name| name.into(), losses)
}

/// All spans as Zipkin's server answers: names in lower case.
pub fn write_as_server(spans: &[Span], losses: &mut Losses) -> Vec<u8> {
    write_with(spans, |name| name.to_lowercase().into(), losses)
}

fn write_with(spans: &[Span], names: Names, losses: &mut Losses) -> Vec<u8> {
    // A server's span shares its client's id where libraries of Zipkin's made both.
    let mut clients: HashSet<(TraceId, SpanId)> = HashSet::new();
    for span in spans.iter().filter(|span| span.kind == Kind::CLIENT) {
        clients.insert((span.trace_id, span.span_id));
    }
    let mut json = Vec::new();
    array(spans, &mut json, |each, json| {
        let shared = each.kind == Kind::SERVER && clients.contains(&(each.trace_id, each.span_id));
        span(each, shared, names, losses, json);
    });
    json
}

fn span(span: &Span, shared: bool, names: Names, losses: &mut Losses, into: &mut Vec<u8>) {
    tags::unsaid(span, losses);
    losses.add_if(span.flags != 0, tags::lost::FLAGS);
    losses.add_if(!span.start_unix_ns.is_multiple_of(1000), lost::START);
    losses.add_if(!span.duration_ns().is_multiple_of(1000), lost::DURATION);
    losses.add_if(span.end_unix_ns < span.start_unix_ns, lost::NEGATIVE);

    let mut object = Object::new(into);
    object.id("traceId", &span.trace_id.0);
    object.id("id", &span.span_id.0);
    if let Some(parent) = span.parent() {
        object.id("parentId", &parent.0);
    }
    if let (Some(kind), true) = (tags::kind_name(span.kind), span.kind != Kind::INTERNAL) {
        object.text("kind", &kind.to_ascii_uppercase());
    }
    object.text("name", &names(&span.name));
    for (key, micros) in [
        ("timestamp", span.start_unix_ns / 1000),
        ("duration", duration(span)),
    ] {
        if micros > 0 {
            let _ = write!(object.key(key), "{micros}");
        }
    }
    let tags = tag_list(span, losses);
    let service = span.resource.service().filter(|name| !name.is_empty());
    losses.add_if(service.is_none(), lost::SERVICE);
    let mut local = Object::new(object.key("localEndpoint"));
    local.text("serviceName", &names(service.unwrap_or("unknown_service")));
    address(&tags, LOCAL.0, &mut local);
    local.end();
    remote(span.kind, &tags, names, &mut object);
    if !span.events.is_empty() {
        array(&span.events, object.key("annotations"), |event, into| {
            losses.add_if(!event.time_unix_ns.is_multiple_of(1000), lost::EVENT_TIME);
            let mut object = Object::new(into);
            let _ = write!(object.key("timestamp"), "{}", event.time_unix_ns / 1000);
            string(&annotation::write(event, losses), object.key("value"));
            object.end();
        });
    }
    if !tags.0.is_empty() {
        let mut inner = Object::new(object.key("tags"));
        for (key, text) in &tags.0 {
            string(text, inner.any_key(key));
        }
        inner.end();
    }
    if is_debug(span) {
        object.key("debug").extend_from_slice(b"true");
    }
    if shared {
        object.key("shared").extend_from_slice(b"true");
    }
    object.end();
}

/// Whole microseconds; what took less than one took one, since 0 means that it is not known.
fn duration(span: &Span) -> u64 {
    match span.duration_ns() {
        0 => 0,
        nanoseconds => (nanoseconds / 1000).max(1),
    }
}

/// The tags in order, each key once.
#[derive(Default)]
struct Tags(Vec<(String, String)>);

impl Tags {
    fn find(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == key);
        found.map(|(_, text)| text.as_str())
    }
}

/// Whether it has this field, which is then not a tag as well.
fn is_debug(span: &Span) -> bool {
    span.attribute(DEBUG) == Some(&Value::Bool(true))
}

fn tag_list(span: &Span, losses: &mut Losses) -> Tags {
    let mut fields = tags::fields(span, losses);
    // Kinds have a field, except for this one.
    fields.retain(|field| field.key != tags::KIND || span.kind == Kind::INTERNAL);
    let status = &span.status;
    match tags::status_name(status.code) {
        Some(name) => fields.push(Attribute::new(tags::STATUS_CODE, name)),
        None => losses.add_if(status.code != StatusCode::UNSET, tags::lost::STATUS),
    }
    if span.is_error() {
        fields.push(Attribute::new(tags::ERROR, status.message.as_str()));
    }
    // `error` says the description, but for one that would be taken for a truth value.
    if !status.message.is_empty() && (!span.is_error() || status.message == "true") {
        fields.push(Attribute::new(tags::STATUS_DESCRIPTION, status.message.as_str()));
    }
    let mut service = span.resource.service().is_none();
    let resource: Vec<&Attribute> = span
        .resource
        .attributes
        .iter()
        .filter(|it| {
            let is_service = it.key == "service.name" && it.value.as_str().is_some();
            !is_service || std::mem::replace(&mut service, true)
        })
        .collect();
    losses.add_if(!resource.is_empty(), lost::RESOURCE);

    let is_debug = is_debug(span);
    let mut seen: HashMap<&str, ()> = fields.iter().map(|field| (field.key.as_str(), ())).collect();
    let mut list = Tags::default();
    for attribute in tags::attributes(span, losses).into_iter().chain(resource) {
        if attribute.key == tags::ERROR {
            losses.add(lost::ERROR);
        } else if attribute.key.starts_with(link::PREFIX) || tags::is_reserved(&attribute.key) {
            losses.add(tags::lost::RESERVED);
        } else if matches!(attribute.value, Value::StringIndex(_)) {
            losses.add(native::lost::STRING_INDEX);
        } else if seen.insert(&attribute.key, ()).is_some() {
            losses.add(native::lost::KEY);
        } else if !(is_debug && attribute.key == DEBUG) {
            losses.add_if(attribute.value.as_str().is_none(), lost::VALUE);
            list.0
                .push((attribute.key.clone(), tags::as_text(&attribute.value)));
        }
    }
    for (position, each) in span.links.iter().enumerate() {
        list.0
            .push((format!("{}{position}", link::PREFIX), link::write(each, losses)));
    }
    list.0.extend(
        fields
            .iter()
            .map(|field| (field.key.clone(), tags::as_text(&field.value))),
    );
    list
}

/// The other side of a call, by the best of the attributes that can name it, and its address if that is said too.
fn remote(kind: Kind, tags: &Tags, names: Names, object: &mut Object<'_>) {
    // On a server's side, the server's own address is not the other side's.
    let keys: &[&str] = match kind {
        Kind::CLIENT | Kind::PRODUCER => &REMOTE_NAMES,
        _ => &["peer.service", "network.peer.address"],
    };
    let Some((key, text)) = keys.iter().find_map(|key| Some((*key, tags.find(key)?))) else {
        return;
    };
    if text.is_empty() {
        return;
    }
    let mut remote = Object::new(object.key("remoteEndpoint"));
    match text.parse::<IpAddr>() {
        Ok(_) => address(tags, key, &mut remote),
        Err(_) => {
            remote.text("serviceName", &names(text));
            address(tags, REMOTE.0, &mut remote);
        }
    }
    remote.end();
}

/// The address in an attribute, and the port beside it.
fn address(tags: &Tags, key: &str, endpoint: &mut Object<'_>) {
    let Some(text) = tags.find(key) else { return };
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => endpoint.text("ipv4", text),
        Ok(IpAddr::V6(_)) => endpoint.text("ipv6", text),
        Err(_) => return,
    }
    let beside = key.replace(".address", ".port").replace(".addr", ".port");
    let port = tags.find(&beside).and_then(|text| {
        let port = text.parse::<u16>().ok()?;
        (port > 0 && port.to_string() == text).then_some(port)
    });
    endpoint.number("port", port.unwrap_or_default().into());
}
