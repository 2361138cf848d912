//! From a segment document to spans: its own, and those of the subsegments embedded in it.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::document::{self, Cause, Document, Exception, OwnParts};
use crate::formats::error::{Place, ReadError};
use crate::formats::native::Members;
use crate::formats::shared::Shared;
use crate::formats::{Format, decimal, ids, tags};
use crate::id::{SpanId, TraceId};
use crate::model::{Attribute, Event, Kind, Link, Resource, Span, StatusCode, Value};

/// How deep subsegments may be embedded; a document has 64 kB.
const DEEPEST: usize = 128;

/// Reads documents, and keeps what came of them.
#[derive(Default)]
pub struct Reader {
    pub spans: Vec<Result<Span, ReadError>>,
    shared: Shared,
    item: u64,
}

/// What a subsegment takes over from the segment that it is embedded in.
#[derive(Clone)]
struct Around {
    trace_id: Option<TraceId>,
    parent: Option<SpanId>,
    resource: Option<Arc<Resource>>,
    depth: usize,
}

impl Reader {
    /// Keeps an error.
    pub fn refuse(&mut self, place: Place, what: String) {
        self.spans.push(Err(ReadError::new(Format::Xray, place, what)));
    }

    /// Reads a document.
    pub fn document(&mut self, text: &str) {
        self.item += 1;
        let around = Around {
            trace_id: None,
            parent: None,
            resource: None,
            depth: 0,
        };
        let mut waiting = vec![(text.to_owned(), around)];
        while let Some((text, around)) = waiting.pop() {
            match self.one(&text, &around) {
                Err(what) => self.refuse(Place::Item(self.item), what),
                Ok((span, subsegments)) => {
                    let inside = Around {
                        trace_id: Some(span.trace_id),
                        parent: Some(span.span_id),
                        resource: Some(Arc::clone(&span.resource)),
                        depth: around.depth + 1,
                    };
                    waiting.extend(subsegments.into_iter().rev().map(|text| (text, inside.clone())));
                    self.spans.push(Ok(span));
                }
            }
        }
    }

    /// One segment, and the text of what is embedded in it.
    fn one(&mut self, text: &str, around: &Around) -> Result<(Span, Vec<String>), String> {
        if around.depth > DEEPEST {
            return Err(format!("subsegments embedded deeper than {DEEPEST}"));
        }
        if !text.starts_with('{') {
            return Err("a document that is not an object".to_owned());
        }
        let document: Document = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut span = Span {
            trace_id: match &document.trace_id {
                Some(text) => document::trace_id(text)
                    .ok_or_else(|| format!("`trace_id` is `{}`, not 1-8-24 hex digits", short(text)))?,
                None => around.trace_id.ok_or("no `trace_id`")?,
            },
            span_id: span_id("id", document.id.as_deref())?.ok_or("no `id`")?,
            parent_span_id: span_id("parent_id", document.parent_id.as_deref())?.or(around.parent),
            start_unix_ns: time("start_time", document.start_time)?.ok_or("no `start_time`")?,
            ..Span::default()
        };
        let end = time("end_time", document.end_time)?;
        span.end_unix_ns = end.unwrap_or(span.start_unix_ns);
        let subsegments = document.subsegments.as_deref().unwrap_or_default();
        let subsegments = subsegments.iter().map(|raw| raw.get().to_owned()).collect();
        match document::own(document.metadata) {
            Some(own) => self.own(own.map_err(|error| error.to_string())?, &mut span)?,
            None => self.foreign(document, around, &mut span, end.is_none())?,
        }
        Ok((span, subsegments))
    }

    /// A span that we wrote: what it was is said in full.
    fn own(&mut self, parts: OwnParts, span: &mut Span) -> Result<(), String> {
        parts.sidecar.fill(span, &mut self.shared);
        span.name = parts.own.name;
        for (own, event) in parts.own.events.into_iter().zip(parts.events) {
            let time = own
                .time_unix_ns
                .parse()
                .map_err(|_| "an event without `time_unix_ns`")?;
            span.events.push(event.into_event(time, own.name));
        }
        Ok(())
    }

    /// Anyone's segment.
    fn foreign(
        &mut self,
        document: Document<'_>,
        around: &Around,
        span: &mut Span,
        endless: bool,
    ) -> Result<(), String> {
        let subsegment = around.depth > 0 || document.r#type.as_deref() == Some("subsegment");
        let namespace = document.namespace.unwrap_or_default();
        span.kind = match (subsegment, namespace.as_str()) {
            (false, _) => Kind::SERVER,
            (true, "aws" | "remote") => Kind::CLIENT,
            (true, _) => Kind::INTERNAL,
        };
        span.name = document.name.unwrap_or_default();
        span.resource = match &around.resource {
            Some(resource) => Arc::clone(resource),
            None => self
                .shared
                .resource(resource(subsegment, &span.name, &document.service)),
        };
        let add = &mut span.attributes;
        let mut text = |key: &str, text: Option<String>| {
            add.extend(
                text.filter(|text| !text.is_empty())
                    .map(|text| Attribute::new(key, text)),
            );
        };
        text("aws.xray.namespace", Some(namespace));
        text("aws.xray.origin", document.origin);
        text("enduser.id", document.user);
        for (flag, key) in [
            (document.error, "aws.xray.error"),
            (document.throttle, "aws.xray.throttle"),
            (document.fault, "aws.xray.fault"),
            (
                document.in_progress.or(endless.then_some(true)),
                "aws.xray.in_progress",
            ),
        ] {
            if flag == Some(true) {
                span.attributes.push(Attribute::new(key, true));
            }
        }
        if [document.error, document.throttle, document.fault].contains(&Some(true)) {
            span.status.code = StatusCode::ERROR;
        }
        let http = document.http.unwrap_or_default();
        renamed(http.request, "http.request.", &REQUEST, &mut span.attributes);
        renamed(http.response, "http.response.", &RESPONSE, &mut span.attributes);
        renamed(document.sql, "sql.", &SQL, &mut span.attributes);
        renamed(document.aws, "aws.", &[], &mut span.attributes);
        span.attributes.extend(document.annotations.0);
        if let Some(raw) = document.metadata {
            let Members(namespaces) = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
            let prefixed = |it: Attribute| Attribute::new(format!("aws.xray.metadata.{}", it.key), it.value);
            span.attributes.extend(namespaces.into_iter().map(prefixed));
        }
        cause(document.cause, span)?;
        for precursor in document.precursor_ids.unwrap_or_default() {
            span.links.push(Link {
                trace_id: Some(span.trace_id),
                span_id: span_id("precursor_ids", Some(&precursor))?,
                ..Link::default()
            });
        }
        for link in document.links.unwrap_or_default() {
            span.links.push(Link {
                trace_id: document::trace_id(&link.trace_id),
                span_id: span_id("links", Some(&link.id))?,
                attributes: link.attributes.0,
                ..Link::default()
            });
        }
        Ok(())
    }
}

/// A segment is named after its service. An independent subsegment does not say whose it is.
fn resource(subsegment: bool, name: &str, service: &Members) -> Resource {
    let mut attributes = Vec::new();
    if !subsegment && !name.is_empty() {
        attributes.push(Attribute::new("service.name", name));
    }
    let prefixed = |it: &Attribute| Attribute::new(format!("service.{}", it.key), it.value.clone());
    attributes.extend(service.0.iter().map(prefixed));
    Resource {
        attributes,
        ..Resource::default()
    }
}

/// What the fields of blocks are called in OpenTelemetry's conventions.
const REQUEST: [(&str, &str); 4] = [
    ("method", "http.request.method"),
    ("url", "url.full"),
    ("user_agent", "user_agent.original"),
    ("client_ip", "client.address"),
];
const RESPONSE: [(&str, &str); 2] = [
    ("status", "http.response.status_code"),
    ("content_length", "http.response.body.size"),
];
const SQL: [(&str, &str); 3] = [
    ("sanitized_query", "db.query.text"),
    ("database_type", "db.system.name"),
    ("user", "db.user"),
];

fn renamed(members: Members, prefix: &str, names: &[(&str, &str)], into: &mut Vec<Attribute>) {
    for Attribute { key, value } in members.0 {
        let known = names
            .iter()
            .find(|(ours, _)| *ours == key)
            .map(|(_, name)| (*name).to_owned());
        into.push(Attribute::new(
            known.unwrap_or_else(|| format!("{prefix}{key}")),
            value,
        ));
    }
}

/// What went wrong: exceptions as events, at the span's end, since no time is said.
fn cause(raw: Option<&RawValue>, span: &mut Span) -> Result<(), String> {
    let Some(raw) = raw.filter(|raw| raw.get() != "null") else {
        return Ok(());
    };
    if raw.get().starts_with('"') {
        let id: String = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
        span.attributes.push(Attribute::new("aws.xray.cause", id));
        return Ok(());
    }
    let cause: Cause = serde_json::from_str(raw.get()).map_err(|error| format!("`cause`: {error}"))?;
    if let Some(folder) = cause.working_directory {
        span.attributes
            .push(Attribute::new("aws.xray.cause.working_directory", folder));
    }
    if cause.paths.0 != Value::Empty {
        span.attributes
            .push(Attribute::new("aws.xray.cause.paths", cause.paths.0));
    }
    for exception in cause.exceptions.unwrap_or_default() {
        if span.status.message.is_empty() {
            span.status.message = exception.message.clone().unwrap_or_default();
        }
        span.events.push(Event {
            time_unix_ns: span.end_unix_ns,
            name: "exception".to_owned(),
            attributes: exception.attributes(),
            dropped_attributes_count: 0,
        });
    }
    Ok(())
}

impl Exception {
    fn attributes(self) -> Vec<Attribute> {
        let stack = self.stack.map(|frames| {
            let line = |frame: document::Frame| {
                let path = frame.path.unwrap_or_default();
                let label = frame.label.unwrap_or_default();
                format!("at {label} ({path}:{})", tags::as_text(&frame.line.0))
            };
            frames.into_iter().map(line).collect::<Vec<_>>().join("\n")
        });
        let mut attributes = Vec::new();
        for (key, text) in [
            ("exception.type", self.r#type),
            ("exception.message", self.message),
            ("exception.stacktrace", stack),
            ("aws.xray.exception.id", self.id),
            ("aws.xray.exception.cause", self.cause),
        ] {
            attributes.extend(text.map(|text| Attribute::new(key, text)));
        }
        for (key, value) in [
            (
                "aws.xray.exception.remote",
                self.remote.map_or(Value::Empty, Value::Bool),
            ),
            ("aws.xray.exception.truncated", self.truncated.0),
            ("aws.xray.exception.skipped", self.skipped.0),
        ] {
            if value != Value::Empty {
                attributes.push(Attribute::new(key, value));
            }
        }
        attributes
    }
}

fn span_id(what: &str, text: Option<&str>) -> Result<Option<SpanId>, String> {
    match text {
        None | Some("") => Ok(None),
        Some(text) => match ids::span_id(text).filter(|id| id.is_valid()) {
            Some(id) => Ok(Some(id)),
            None => Err(format!("`{what}` is `{}`, not 16 hex digits", short(text))),
        },
    }
}

/// Seconds since 1970, to the last nanosecond that is written.
fn time(what: &str, raw: Option<&RawValue>) -> Result<Option<u64>, String> {
    match raw.filter(|raw| raw.get() != "null") {
        None => Ok(None),
        Some(raw) => match decimal::read(raw, 9).and_then(|time| u64::try_from(time).ok()) {
            Some(time) => Ok(Some(time)),
            None => Err(format!(
                "`{what}` is `{}`, not seconds since 1970",
                short(raw.get())
            )),
        },
    }
}

fn short(text: &str) -> String {
    text.chars().take(64).collect()
}
