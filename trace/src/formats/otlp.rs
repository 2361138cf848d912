//! OTLP as files: what [`crate::otlp`] does, with errors at their place.

use prost::Message as _;

use super::error::{Place, ReadError};
use super::{Format, Losses, native, text};
use crate::model::{Attribute, Span, Value};
use crate::otlp::decode::{Decoded, Decoder};
use crate::otlp::lines::{InvalidLines, Lines};
use crate::otlp::proto::ExportTraceServiceRequest;
use crate::otlp::{encode, json, scan};

/// How many spans a line of JSON lines holds.
const SPANS_IN_A_LINE: usize = 512;

pub fn read_protobuf(bytes: &[u8]) -> Result<Vec<Span>, ReadError> {
    let error = |what: String| ReadError::new(Format::OtlpProtobuf, Place::Whole, what);
    // Going over the bytes first bounds what decoding them can cost.
    scan::scan(bytes).map_err(|malformed| error(malformed.to_string()))?;
    let request =
        ExportTraceServiceRequest::decode(bytes).map_err(|malformed| error(malformed.to_string()))?;
    taken(
        Format::OtlpProtobuf,
        Decoder::new().decode(request.resource_spans),
    )
}

pub fn read_json(bytes: &[u8]) -> Result<Vec<Span>, ReadError> {
    let groups = json::read(text(bytes)).map_err(|error| ReadError::json(Format::OtlpJson, error.cause()))?;
    taken(Format::OtlpJson, Decoder::new().decode(groups))
}

pub fn read_lines(bytes: &[u8]) -> Result<Vec<Span>, ReadError> {
    let mut spans = Vec::new();
    for (line, request) in (1..).zip(Lines::new(text(bytes)).map_err(invalid_lines)?) {
        let read = taken(Format::OtlpJsonLines, request.map_err(invalid_lines)?);
        spans.extend(read.map_err(|error| ReadError {
            place: Place::Item(line),
            ..error
        })?);
    }
    Ok(spans)
}

fn invalid_lines(error: InvalidLines) -> ReadError {
    match error {
        InvalidLines::Invalid { line, cause } => {
            let mut error = ReadError::json(Format::OtlpJsonLines, cause.cause());
            error.place = Place::Line(line, cause.cause().column() as u64);
            error
        }
        InvalidLines::TooLong { line } => {
            let what = "longer than a line may be";
            ReadError::new(Format::OtlpJsonLines, Place::Line(line, 1), what)
        }
        InvalidLines::Unreadable { line, cause } => {
            ReadError::new(Format::OtlpJsonLines, Place::Line(line + 1, 1), cause.to_string())
        }
    }
}

/// A file with a span that breaks the rules is refused as a whole: half of a trace is not what was asked for.
fn taken(format: Format, decoded: Decoded) -> Result<Vec<Span>, ReadError> {
    match decoded.refused.first() {
        None => Ok(decoded.spans),
        Some(refusal) => {
            let what = match decoded.refused.len() {
                1 => format!("one span is not valid: {refusal}"),
                several => format!("{several} spans are not valid, the first: {refusal}"),
            };
            Err(ReadError::new(format, Place::Whole, what).help("give every span ids of the right length"))
        }
    }
}

pub fn write_protobuf(spans: &[Span]) -> Vec<u8> {
    encode::request(spans).encode_to_vec()
}

pub fn write_json(spans: &[Span], losses: &mut Losses) -> Vec<u8> {
    count(spans, losses);
    let mut out = Vec::new();
    json::write(&encode::resource_spans(spans), &mut out);
    out
}

pub fn write_lines(spans: &[Span], losses: &mut Losses) -> Vec<u8> {
    count(spans, losses);
    let mut out = Vec::new();
    for spans in spans.chunks(SPANS_IN_A_LINE) {
        json::write(&encode::resource_spans(spans), &mut out);
        out.push(b'\n');
    }
    out
}

/// JSON says all but a reference into a table that only profiles have.
fn count(spans: &[Span], losses: &mut Losses) {
    for span in spans {
        let lists = [
            &span.attributes,
            &span.resource.attributes,
            &span.scope.attributes,
        ];
        let events = span.events.iter().map(|event| &event.attributes);
        let links = span.links.iter().map(|link| &link.attributes);
        for attribute in lists.into_iter().chain(events).chain(links).flatten() {
            value(attribute, losses);
        }
    }
}

fn value(attribute: &Attribute, losses: &mut Losses) {
    let mut waiting = vec![&attribute.value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::StringIndex(_) => losses.add(native::lost::STRING_INDEX),
            Value::Array(values) => waiting.extend(values),
            Value::Map(entries) => waiting.extend(entries.iter().map(|entry| &entry.value)),
            _ => {}
        }
    }
}
