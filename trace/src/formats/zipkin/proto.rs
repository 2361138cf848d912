//! Reading v2 in protobuf: a `ListOfSpans`, whose fields' numbers are those of
//! <https://github.com/openzipkin/zipkin-api/blob/master/zipkin.proto>.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::model::{Endpoint, ZipkinSpan};
use crate::formats::Format;
use crate::formats::error::{Place, ReadError};
use crate::formats::shared::Shared;
use crate::id::{SpanId, TraceId};
use crate::model::{Kind, Span};
use crate::otlp::scan::fields::{Fields, Malformed};

/// How many bytes the spans of a request may take in memory: an empty one is two bytes on the wire and hundreds here.
const MOST_BYTES: usize = 128 << 20;

/// Reads a request's spans one by one, so that one that breaks the rules does not spoil the others.
pub fn read_each(message: &[u8]) -> Result<Vec<Result<Span, ReadError>>, ReadError> {
    let whole = |error: Malformed| ReadError::new(Format::Zipkin, Place::Whole, error.to_string());
    let mut shared = Shared::default();
    let mut budget = MOST_BYTES;
    let mut spans: Vec<Result<Span, ReadError>> = Vec::new();
    for field in Fields::new(message) {
        let field = field.map_err(whole)?;
        if field.number != 1 {
            continue;
        }
        let read = field.message().and_then(span).map_err(whole)?;
        let bytes = size_of::<Span>() + size_of::<ReadError>() + read.as_ref().map_or(0, heap_bytes);
        budget = budget.checked_sub(bytes).ok_or_else(|| {
            let what = "the request becomes too large in memory";
            ReadError::new(Format::Zipkin, Place::Whole, what).help("send smaller requests")
        })?;
        let place = Place::Item(spans.len() as u64 + 1);
        spans.push(match read {
            Ok(span) => Ok(span.into_span(&mut shared)),
            Err(what) => Err(ReadError::new(Format::Zipkin, place, what)),
        });
    }
    Ok(spans)
}

/// About what a span's lists and texts take once they are attributes and events.
fn heap_bytes(span: &ZipkinSpan) -> usize {
    let tags = span.tags.iter().map(|(key, value)| key.len() + value.len());
    let annotations = span.annotations.iter().map(|(_, value)| value.len());
    let texts: usize = tags.chain(annotations).sum();
    texts
        + span.name.len()
        + span.tags.len() * 2 * size_of::<crate::Attribute>()
        + span.annotations.len() * 2 * size_of::<crate::Event>()
}

/// A span; the inner error is of a span that breaks the rules, the outer of bytes that are no span.
fn span(message: &[u8]) -> Result<Result<ZipkinSpan, &'static str>, Malformed> {
    let mut span = ZipkinSpan::default();
    let (mut trace_id, mut id, mut parent): (&[u8], &[u8], &[u8]) = (&[], &[], &[]);
    for field in Fields::new(message) {
        let field = field?;
        match field.number {
            1 => trace_id = field.message()?,
            2 => parent = field.message()?,
            3 => id = field.message()?,
            4 => span.kind = kind(field.varint()?),
            5 => span.name = field.text()?.to_owned(),
            6 => span.timestamp_us = field.fixed64()?,
            7 => span.duration_us = field.varint()?,
            8 => span.local = endpoint(field.message()?)?,
            9 => span.remote = endpoint(field.message()?)?,
            10 => span.annotations.push(annotation(field.message()?)?),
            11 => span.tags.push(tag(field.message()?)?),
            12 => span.debug = field.varint()? != 0,
            _ => {}
        }
    }
    let Some(trace_id) = trace_id_of(trace_id) else {
        return Ok(Err("`trace_id` is not of 8 or 16 bytes, or is zero"));
    };
    let Some(id) = SpanId::from_slice(id).filter(|id| id.is_valid()) else {
        return Ok(Err("`id` is not of 8 bytes, or is zero"));
    };
    let parent_id = SpanId::from_slice(parent);
    if parent_id.is_none() && !parent.is_empty() {
        return Ok(Err("`parent_id` is not of 8 bytes"));
    }
    span.trace_id = trace_id;
    span.id = id;
    span.parent_id = parent_id.filter(|id| id.is_valid());
    Ok(Ok(span))
}

/// A trace's id, of 64 bits too.
fn trace_id_of(bytes: &[u8]) -> Option<TraceId> {
    let id = match <[u8; 8]>::try_from(bytes) {
        Ok(low) => TraceId(u128::from(u64::from_be_bytes(low)).to_be_bytes()),
        Err(_) => TraceId::from_slice(bytes)?,
    };
    Some(id).filter(|id| id.is_valid())
}

fn kind(number: u64) -> Kind {
    match number {
        1 => Kind::CLIENT,
        2 => Kind::SERVER,
        3 => Kind::PRODUCER,
        4 => Kind::CONSUMER,
        _ => Kind::UNSPECIFIED,
    }
}

fn endpoint(message: &[u8]) -> Result<Endpoint, Malformed> {
    let mut endpoint = Endpoint::default();
    let (mut v4, mut v6) = (None, None);
    for field in Fields::new(message) {
        let field = field?;
        match field.number {
            1 => endpoint.service = field.text()?.to_owned(),
            2 => v4 = <[u8; 4]>::try_from(field.message()?).ok().map(Ipv4Addr::from),
            3 => v6 = <[u8; 16]>::try_from(field.message()?).ok().map(Ipv6Addr::from),
            4 => endpoint.port = field.varint()? as u16,
            _ => {}
        }
    }
    let address = v4.map(|it| it.to_string()).or(v6.map(|it| it.to_string()));
    endpoint.address = address.unwrap_or_default();
    Ok(endpoint)
}

fn annotation(message: &[u8]) -> Result<(u64, String), Malformed> {
    let (mut time, mut text) = (0, "");
    for field in Fields::new(message) {
        let field = field?;
        match field.number {
            1 => time = field.fixed64()?,
            2 => text = field.text()?,
            _ => {}
        }
    }
    Ok((time, text.to_owned()))
}

fn tag(message: &[u8]) -> Result<(String, String), Malformed> {
    let (mut key, mut value) = ("", "");
    for field in Fields::new(message) {
        let field = field?;
        match field.number {
            1 => key = field.text()?,
            2 => value = field.text()?,
            _ => {}
        }
    }
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::zipkin;

    fn varint(mut number: u64, out: &mut Vec<u8>) {
        while number >= 0x80 {
            out.push(number as u8 | 0x80);
            number >>= 7;
        }
        out.push(number as u8);
    }

    fn bytes(number: u64, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        varint(number << 3 | 2, &mut out);
        varint(bytes.len() as u64, &mut out);
        out.extend_from_slice(bytes);
        out
    }

    fn number(field: u64, number: u64) -> Vec<u8> {
        let mut out = Vec::new();
        varint(field << 3, &mut out);
        varint(number, &mut out);
        out
    }

    fn fixed(field: u64, number: u64) -> Vec<u8> {
        let mut out = Vec::new();
        varint(field << 3 | 1, &mut out);
        out.extend_from_slice(&number.to_le_bytes());
        out
    }

    fn request() -> Vec<u8> {
        let span = [
            bytes(1, &[0xab, 0xcd, 0xef, 0x12, 0, 0, 0, 1]),
            bytes(2, &[0, 0, 0, 0, 0, 0, 0, 2]),
            bytes(3, &[0, 0, 0, 0, 0, 0, 0, 3]),
            number(4, 1),
            bytes(5, b"get /"),
            fixed(6, 1_700_000_000_000_001),
            number(7, 250),
            bytes(
                8,
                &[bytes(1, b"shop"), bytes(2, &[192, 0, 2, 1]), number(4, 8080)].concat(),
            ),
            bytes(
                9,
                &[
                    bytes(1, b"users"),
                    bytes(3, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
                ]
                .concat(),
            ),
            bytes(10, &[fixed(1, 1_700_000_000_000_100), bytes(2, b"miss")].concat()),
            bytes(11, &[bytes(1, b"http.path"), bytes(2, b"/")].concat()),
            bytes(11, &[bytes(1, b"error"), bytes(2, b"gone")].concat()),
            number(12, 1),
            number(99, 1),
        ];
        bytes(1, &span.concat())
    }

    #[test]
    fn protobuf_and_json_say_the_same() {
        let json = br#"[{"traceId":"abcdef1200000001","parentId":"2","id":"3","kind":"CLIENT","name":"get /",
            "timestamp":1700000000000001,"duration":250,
            "localEndpoint":{"serviceName":"shop","ipv4":"192.0.2.1","port":8080},
            "remoteEndpoint":{"serviceName":"users","ipv6":"1:203:405:607:809:a0b:c0d:e0f"},
            "annotations":[{"timestamp":1700000000000100,"value":"miss"}],
            "tags":{"http.path":"/","error":"gone"},"debug":true}]"#;
        let spans: Vec<_> = read_each(&request())
            .expect("a list")
            .into_iter()
            .map(Result::unwrap)
            .collect();
        assert_eq!(spans, zipkin::read(json).expect("a list"));
        assert_eq!(spans.len(), 1);
    }

    #[test]
    fn one_bad_id_spoils_one_span() {
        let good = request();
        for bad in [
            bytes(1, &[bytes(1, &[1; 8]), bytes(3, &[1; 7])].concat()),
            bytes(1, &[bytes(1, &[1; 15]), bytes(3, &[1; 8])].concat()),
            bytes(1, &[bytes(1, &[0; 16]), bytes(3, &[1; 8])].concat()),
            bytes(
                1,
                &[bytes(1, &[1; 16]), bytes(3, &[1; 8]), bytes(2, &[1; 9])].concat(),
            ),
            bytes(1, &[]),
        ] {
            let read = read_each(&[&good[..], &bad, &good].concat()).expect("a list");
            assert_eq!(
                read.iter().map(Result::is_ok).collect::<Vec<_>>(),
                [true, false, true]
            );
        }
    }

    #[test]
    fn what_is_cut_is_refused_as_a_whole_and_any_byte_may_be_wrong() {
        let good = request();
        for cut in 1..good.len() {
            assert!(read_each(&good[..cut]).is_err(), "cut to {cut}");
        }
        for place in 0..good.len() {
            for value in [0, 1, 0x0f, 0x7f, 0x80, 0xff] {
                let mut message = good.clone();
                message[place] = value;
                let _ = read_each(&message);
            }
        }
    }

    #[test]
    fn a_million_empty_spans_are_too_many() {
        assert!(read_each(&bytes(1, &[]).repeat(1_000_000)).is_err());
    }
}
