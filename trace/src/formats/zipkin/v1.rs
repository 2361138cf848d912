//! Zipkin's v1 JSON, in which a span is what several hosts have said about it.
//!
//! The sides of a call are told by pairs of annotations: `cs` and `cr` for the client, `sr` and `ss` for the server,
//! `ms` and `mr` for messages. A span that has both sides becomes two that share their id, as v2 has it. Source: the
//! conversion that the Zipkin specification of OpenTelemetry names, `zipkin2/v1/V1SpanConverter.java`.

use serde::Deserialize;

use super::model::{Endpoint, ZipkinSpan};
use super::read::{EndpointJson, Ids, each, micros, within};
use crate::formats::error::ReadError;
use crate::formats::native::Native;
use crate::formats::shared::Shared;
use crate::formats::{Format, tags};
use crate::model::{Kind, Span, Value};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct SpanJson {
    trace_id: String,
    id: String,
    parent_id: Option<String>,
    name: Option<String>,
    #[serde(deserialize_with = "micros")]
    timestamp: u64,
    #[serde(deserialize_with = "micros")]
    duration: u64,
    annotations: Option<Vec<AnnotationJson>>,
    binary_annotations: Option<Vec<BinaryJson>>,
    debug: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AnnotationJson {
    #[serde(deserialize_with = "micros")]
    timestamp: u64,
    value: Option<String>,
    endpoint: Option<EndpointJson>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct BinaryJson {
    key: Option<String>,
    value: Native,
    endpoint: Option<EndpointJson>,
}

/// Reads a file's spans; one that breaks the rules spoils the file.
pub fn read(json: &[u8]) -> Result<Vec<Span>, ReadError> {
    read_each(json)?.into_iter().collect()
}

/// Reads a request's spans one by one.
pub fn read_each(json: &[u8]) -> Result<Vec<Result<Span, ReadError>>, ReadError> {
    let mut shared = Shared::default();
    let mut spans = Vec::new();
    each(json, Format::ZipkinV1, |item, raw| {
        let read = within(Format::ZipkinV1, raw, json).and_then(|span: SpanJson| span.read(item));
        match read {
            Ok(sides) => spans.extend(sides.into_iter().map(|side| Ok(side.into_span(&mut shared)))),
            Err(error) => spans.push(Err(error)),
        }
    })?;
    Ok(spans)
}

/// What is known of a span, in whatever encoding it came.
#[derive(Debug, Clone, Default)]
pub struct V1Span {
    /// What all sides share: ids, name, `debug`, and the timestamp and duration if they were sent.
    pub span: ZipkinSpan,
    /// Time in microseconds, text, and who said it.
    pub annotations: Vec<(u64, String, Endpoint)>,
    /// Key, text, and who said it.
    pub tags: Vec<(String, String, Endpoint)>,
    /// Key (`sa`, `ca`, `ma`) and the side that it names.
    pub addresses: Vec<(String, Endpoint)>,
}

impl SpanJson {
    fn read(self, item: u64) -> Result<Vec<ZipkinSpan>, ReadError> {
        let ids = Ids::read(
            Format::ZipkinV1,
            item,
            &self.trace_id,
            &self.id,
            self.parent_id.as_deref(),
        )?;
        let mut v1 = V1Span {
            span: ZipkinSpan {
                trace_id: ids.trace_id,
                id: ids.id,
                parent_id: ids.parent_id,
                name: self.name.unwrap_or_default(),
                timestamp_us: self.timestamp,
                duration_us: self.duration,
                debug: self.debug.unwrap_or_default(),
                ..ZipkinSpan::default()
            },
            ..V1Span::default()
        };
        for annotation in self.annotations.unwrap_or_default() {
            let endpoint = annotation.endpoint.unwrap_or_default().read();
            v1.annotations.push((
                annotation.timestamp,
                annotation.value.unwrap_or_default(),
                endpoint,
            ));
        }
        for binary in self.binary_annotations.unwrap_or_default() {
            let key = binary.key.unwrap_or_default();
            let endpoint = binary.endpoint.unwrap_or_default().read();
            match (key.as_str(), &binary.value.0) {
                ("sa" | "ca" | "ma", Value::Bool(true)) => v1.addresses.push((key, endpoint)),
                (_, value) => {
                    let text = tags::as_text(value);
                    v1.tags.push((key, text, endpoint));
                }
            }
        }
        Ok(v1.sides())
    }
}

/// The first and last annotation of each side, what kind the side is, and which address names its other side.
const SIDES: [(&str, &str, Kind, &str); 4] = [
    ("cs", "cr", Kind::CLIENT, "sa"),
    ("sr", "ss", Kind::SERVER, "ca"),
    ("ms", "", Kind::PRODUCER, "ma"),
    ("mr", "", Kind::CONSUMER, "ma"),
];

impl V1Span {
    /// The spans that it is, one for each side that has spoken; never none.
    pub fn sides(self) -> Vec<ZipkinSpan> {
        let mut sides: Vec<ZipkinSpan> = Vec::new();
        for (first, last, kind, address) in SIDES {
            let find = |name: &str| {
                let mut all = self.annotations.iter();
                all.find(|(_, text, _)| !name.is_empty() && text == name)
            };
            let (begin, end) = (find(first), find(last));
            let Some((_, _, endpoint)) = begin.or(end) else {
                continue;
            };
            let start = begin.map(|(time, _, _)| *time);
            let until = end.map(|(time, _, _)| *time);
            let mut side = ZipkinSpan {
                kind,
                local: endpoint.clone(),
                ..self.span.clone()
            };
            // The span's own times are the first side's; the other side shares the span and has its own.
            if !sides.is_empty() || side.timestamp_us == 0 {
                side.timestamp_us = start.or(until).unwrap_or_default();
                side.duration_us = 0;
            }
            if side.duration_us == 0 {
                side.duration_us = until.unwrap_or_default().saturating_sub(side.timestamp_us);
            }
            let named = self.addresses.iter().find(|(key, _)| key == address);
            side.remote = named.map(|(_, remote)| remote.clone()).unwrap_or_default();
            sides.push(side);
        }
        if sides.is_empty() {
            sides.push(self.alone());
        }
        self.hand_out(&mut sides);
        sides
    }

    /// A span of which no side has said what it is: a local one.
    fn alone(&self) -> ZipkinSpan {
        let spoke = self.annotations.iter().map(|(_, _, endpoint)| endpoint);
        let spoke = spoke.chain(self.tags.iter().map(|(_, _, endpoint)| endpoint));
        let mut span = self.span.clone();
        span.local = spoke
            .into_iter()
            .find(|it| !it.service.is_empty())
            .cloned()
            .unwrap_or_default();
        // Without sides, a server's address alone tells a client.
        if let Some((_, remote)) = self.addresses.iter().find(|(key, _)| key == "sa") {
            span.kind = Kind::CLIENT;
            span.remote = remote.clone();
        }
        if span.timestamp_us == 0 {
            span.timestamp_us = self
                .annotations
                .iter()
                .map(|(time, _, _)| *time)
                .min()
                .unwrap_or_default();
        }
        span
    }

    /// Gives what was said to the side that said it, and otherwise to the first.
    fn hand_out(self, sides: &mut [ZipkinSpan]) {
        let place = |sides: &[ZipkinSpan], endpoint: &Endpoint| {
            sides.iter().position(|side| side.local == *endpoint).unwrap_or(0)
        };
        for (time, text, endpoint) in self.annotations {
            if !SIDES
                .iter()
                .any(|(first, last, _, _)| text == *first || text == *last)
            {
                let place = place(sides, &endpoint);
                sides[place].annotations.push((time, text));
            }
        }
        for (key, text, endpoint) in self.tags {
            let place = place(sides, &endpoint);
            sides[place].tags.push((key, text));
        }
    }
}
