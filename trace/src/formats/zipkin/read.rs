//! Reading v2: a list of spans, a list of traces, one span.

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use super::model::{Endpoint, ZipkinSpan};
use crate::formats::error::{Place, ReadError};
use crate::formats::native::{Members, Native};
use crate::formats::shared::Shared;
use crate::formats::{Format, ids, tags};
use crate::id::{SpanId, TraceId};
use crate::model::{Kind, Span, Value};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct SpanJson {
    trace_id: String,
    id: String,
    parent_id: Option<String>,
    kind: Option<String>,
    name: Option<String>,
    #[serde(deserialize_with = "micros")]
    timestamp: u64,
    #[serde(deserialize_with = "micros")]
    duration: u64,
    local_endpoint: Option<EndpointJson>,
    remote_endpoint: Option<EndpointJson>,
    annotations: Option<Vec<AnnotationJson>>,
    tags: Members,
    debug: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct EndpointJson {
    pub service_name: Option<String>,
    ipv4: Option<String>,
    ipv6: Option<String>,
    port: Option<i64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AnnotationJson {
    #[serde(deserialize_with = "micros")]
    timestamp: u64,
    value: Option<String>,
}

/// Reads a file's spans. One that breaks the rules spoils the file: half of a trace is not what was asked for.
pub fn read(json: &[u8]) -> Result<Vec<Span>, ReadError> {
    read_each(json)?.into_iter().collect()
}

/// Reads a request's spans one by one, so that one that breaks the rules does not spoil the others.
pub fn read_each(json: &[u8]) -> Result<Vec<Result<Span, ReadError>>, ReadError> {
    let mut shared = Shared::default();
    let mut spans = Vec::new();
    each(json, Format::Zipkin, |item, raw| {
        let read = within(Format::Zipkin, raw, json).and_then(|span: SpanJson| span.read(item));
        spans.push(read.map(|span| span.into_span(&mut shared)));
    })?;
    Ok(spans)
}

/// Calls `take` with every span of a list of spans, a list of traces, or one span alone, counted from 1.
pub(super) fn each<'a>(
    json: &'a [u8],
    format: Format,
    mut take: impl FnMut(u64, &'a RawValue),
) -> Result<(), ReadError> {
    let whole = |error: serde_json::Error| ReadError::json(format, &error);
    if json.trim_ascii_start().starts_with(b"{") {
        take(1, serde_json::from_slice(json).map_err(whole)?);
        return Ok(());
    }
    let mut item = 0;
    for raw in serde_json::from_slice::<Vec<&RawValue>>(json).map_err(whole)? {
        if raw.get().starts_with('[') {
            for raw in within::<Vec<&RawValue>>(format, raw, json)? {
                item += 1;
                take(item, raw);
            }
        } else {
            item += 1;
            take(item, raw);
        }
    }
    Ok(())
}

/// Reads a part of the whole.
pub(super) fn within<'a, T: Deserialize<'a>>(
    format: Format,
    raw: &'a RawValue,
    whole: &[u8],
) -> Result<T, ReadError> {
    // Derived readers also take a list for an object, by position, which nobody means.
    if !raw.get().starts_with(['{', '[']) {
        let error: serde_json::Error = de::Error::custom("expected a span as an object");
        return Err(ReadError::json_within(format, &error, raw, whole));
    }
    serde_json::from_str(raw.get()).map_err(|error| ReadError::json_within(format, &error, raw, whole))
}

impl SpanJson {
    fn read(self, item: u64) -> Result<ZipkinSpan, ReadError> {
        let ids = Ids::read(
            Format::Zipkin,
            item,
            &self.trace_id,
            &self.id,
            self.parent_id.as_deref(),
        )?;
        let mut pairs: Vec<(String, String)> = self
            .tags
            .0
            .into_iter()
            .map(|tag| (tag.key, tags::as_text(&tag.value)))
            .collect();
        let kind = self.kind.as_deref().unwrap_or_default();
        let known = tags::kind_of(kind).filter(|kind| *kind != Kind::INTERNAL);
        if known.is_none() && !kind.is_empty() {
            pairs.push((tags::KIND.to_owned(), kind.to_owned()));
        }
        Ok(ZipkinSpan {
            trace_id: ids.trace_id,
            id: ids.id,
            parent_id: ids.parent_id,
            kind: known.unwrap_or_default(),
            name: self.name.unwrap_or_default(),
            timestamp_us: self.timestamp,
            duration_us: self.duration,
            local: self.local_endpoint.unwrap_or_default().read(),
            remote: self.remote_endpoint.unwrap_or_default().read(),
            annotations: self
                .annotations
                .unwrap_or_default()
                .into_iter()
                .map(|it| (it.timestamp, it.value.unwrap_or_default()))
                .collect(),
            tags: pairs,
            debug: self.debug.unwrap_or_default(),
        })
    }
}

/// The three ids of a span.
pub(super) struct Ids {
    pub trace_id: TraceId,
    pub id: SpanId,
    pub parent_id: Option<SpanId>,
}

impl Ids {
    pub fn read(
        format: Format,
        item: u64,
        trace_id: &str,
        id: &str,
        parent_id: Option<&str>,
    ) -> Result<Self, ReadError> {
        let wrong = |what: &str, text: &str, digits: usize| {
            let text: String = text.chars().take(64).collect();
            let what = format!("`{what}` is `{text}`, which is not 1 to {digits} hex digits or is zero");
            ReadError::new(format, Place::Item(item), what)
        };
        let span_id = |what: &str, text: &str| ids::span_id(text).ok_or_else(|| wrong(what, text, 16));
        Ok(Self {
            trace_id: ids::trace_id(trace_id).ok_or_else(|| wrong("traceId", trace_id, 32))?,
            id: Some(span_id("id", id)?)
                .filter(|id| id.is_valid())
                .ok_or_else(|| wrong("id", id, 16))?,
            parent_id: match parent_id {
                None | Some("") => None,
                Some(text) => Some(span_id("parentId", text)?).filter(|id| id.is_valid()),
            },
        })
    }
}

impl EndpointJson {
    pub fn read(self) -> Endpoint {
        Endpoint {
            service: self.service_name.unwrap_or_default(),
            address: self.ipv4.or(self.ipv6).unwrap_or_default(),
            // Java has no unsigned numbers, and old libraries wrote ports above 32767 as negative ones.
            port: self.port.map_or(0, |port| (port & 0xffff) as u16),
        }
    }
}

/// Microseconds as a number or as text; `null` and what is not said is 0.
pub(super) fn micros<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let read = match Native::deserialize(from)?.0 {
        Value::Empty => Some(0),
        Value::Int(number) => u64::try_from(number).ok(),
        Value::Double(number) => (number >= 0.0).then_some(number as u64),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    read.ok_or_else(|| de::Error::custom("expected whole microseconds, not negative"))
}
