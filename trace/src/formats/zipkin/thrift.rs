//! Reading v1 in Thrift: a list of spans in the binary encoding, whose fields' numbers are those of
//! <https://github.com/openzipkin/zipkin-api/blob/master/thrift/zipkinCore.thrift>.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::model::{Endpoint, ZipkinSpan};
use super::v1::V1Span;
use crate::formats::shared::Shared;
use crate::formats::tags;
use crate::formats::thrift::{Budget, Encoding, Field, Malformed, Reader, Within};
use crate::id::{SpanId, TraceId};
use crate::model::{Span, Value};

/// Reads a request's spans. One whose ids are zero keeps them, so that it alone is refused.
pub fn read(message: &[u8]) -> Result<Vec<Span>, Malformed> {
    let mut reader = Reader::new(message, Encoding::Binary);
    let mut budget = Budget::default();
    let mut shared = Shared::default();
    let mut spans = Vec::new();
    for _ in 0..reader.list()? {
        let sides = span(&mut reader, &mut budget)?.sides();
        spans.extend(sides.into_iter().map(|side| side.into_span(&mut shared)));
    }
    reader.end()?;
    Ok(spans)
}

/// The most sides that a span has, each of which becomes a span with the same name.
const SIDES: usize = 4;

fn span(reader: &mut Reader<'_>, budget: &mut Budget) -> Result<V1Span, Malformed> {
    let mut within = Within::default();
    let mut v1 = V1Span::default();
    let (mut low, mut high) = (None, 0);
    let mut id = None;
    while let Some(field) = reader.field(&mut within)? {
        let span: &mut ZipkinSpan = &mut v1.span;
        match field.id {
            1 => low = Some(reader.i64(&field)?),
            3 => reader.text(&field)?.clone_into(&mut span.name),
            4 => id = Some(reader.i64(&field)?),
            5 => span.parent_id = Some(span_id(reader.i64(&field)?)).filter(|id| id.is_valid()),
            6 => {
                for _ in 0..reader.structs(&field)? {
                    let annotation = annotation(reader)?;
                    budget.spend::<crate::Event>(said(&annotation.1, &annotation.2))?;
                    v1.annotations.push(annotation);
                }
            }
            8 => {
                for _ in 0..reader.structs(&field)? {
                    binary_annotation(reader, budget, &mut v1)?;
                }
            }
            9 => span.debug = reader.bool(&field)?,
            10 => span.timestamp_us = not_negative(reader.i64(&field)?),
            11 => span.duration_us = not_negative(reader.i64(&field)?),
            12 => high = reader.i64(&field)?,
            _ => reader.skip(&field)?,
        }
    }
    budget.spend::<[Span; SIDES]>(SIDES * v1.span.name.len())?;
    let low = low.ok_or(Malformed::Missing("trace_id"))?;
    let trace_id = (u128::from(high as u64) << 64) | u128::from(low as u64);
    v1.span.trace_id = TraceId(trace_id.to_be_bytes());
    v1.span.id = span_id(id.ok_or(Malformed::Missing("id"))?);
    Ok(v1)
}

/// About how many bytes a text and who said it take, as they are read and once more in the span.
fn said(text: &str, host: &Endpoint) -> usize {
    2 * (text.len() + size_of::<Endpoint>() + host.service.len() + host.address.len())
}

fn annotation(reader: &mut Reader<'_>) -> Result<(u64, String, Endpoint), Malformed> {
    let mut within = Within::default();
    let (mut time, mut text, mut host) = (0, "", Endpoint::default());
    while let Some(field) = reader.field(&mut within)? {
        match field.id {
            1 => time = not_negative(reader.i64(&field)?),
            2 => text = reader.text(&field)?,
            3 => host = endpoint(reader, &field)?,
            _ => reader.skip(&field)?,
        }
    }
    Ok((time, text.to_owned(), host))
}

fn binary_annotation(reader: &mut Reader<'_>, budget: &mut Budget, v1: &mut V1Span) -> Result<(), Malformed> {
    let mut within = Within::default();
    let (mut key, mut bytes, mut kind, mut host): (_, &[u8], _, _) = ("", &[], None, Endpoint::default());
    while let Some(field) = reader.field(&mut within)? {
        match field.id {
            1 => key = reader.text(&field)?,
            2 => bytes = reader.bytes(&field)?,
            3 => kind = Some(reader.i32(&field)?),
            4 => host = endpoint(reader, &field)?,
            _ => reader.skip(&field)?,
        }
    }
    // Bytes become half as many characters again.
    budget.spend::<crate::Attribute>(said(key, &host) + 3 * bytes.len())?;
    match (key, value(kind, bytes)?) {
        ("sa" | "ca" | "ma", Value::Bool(true)) => v1.addresses.push((key.to_owned(), host)),
        (_, value) => v1.tags.push((key.to_owned(), tags::as_text(&value), host)),
    }
    Ok(())
}

/// A value by its type; of a number that has not as many bytes as its type nothing can be said but the bytes.
fn value(kind: Option<i32>, bytes: &[u8]) -> Result<Value, Malformed> {
    let exact = match (kind, bytes.len()) {
        (Some(0), 1) => Some(Value::Bool(bytes == [1])),
        (Some(2), 2) => bytes
            .try_into()
            .ok()
            .map(|it| i64::from(i16::from_be_bytes(it)).into()),
        (Some(3), 4) => bytes
            .try_into()
            .ok()
            .map(|it| i64::from(i32::from_be_bytes(it)).into()),
        (Some(4), 8) => bytes.try_into().ok().map(|it| i64::from_be_bytes(it).into()),
        (Some(5), 8) => bytes.try_into().ok().map(|it| f64::from_be_bytes(it).into()),
        (Some(6), _) => Some(std::str::from_utf8(bytes).map_err(|_| Malformed::Text)?.into()),
        _ => None,
    };
    Ok(exact.unwrap_or_else(|| Value::Bytes(bytes.to_vec())))
}

fn endpoint(reader: &mut Reader<'_>, field: &Field) -> Result<Endpoint, Malformed> {
    reader.inner(field)?;
    let mut within = Within::default();
    let mut endpoint = Endpoint::default();
    let (mut v4, mut v6) = (0, None);
    while let Some(field) = reader.field(&mut within)? {
        match field.id {
            1 => v4 = reader.i32(&field)?,
            2 => endpoint.port = reader.i16(&field)? as u16,
            3 => reader.text(&field)?.clone_into(&mut endpoint.service),
            4 => {
                v6 = <[u8; 16]>::try_from(reader.bytes(&field)?)
                    .ok()
                    .map(Ipv6Addr::from)
            }
            _ => reader.skip(&field)?,
        }
    }
    // A host that knows no address says 0.0.0.0.
    let v4 = (v4 != 0).then(|| Ipv4Addr::from(v4 as u32).to_string());
    endpoint.address = v4.or(v6.map(|it| it.to_string())).unwrap_or_default();
    Ok(endpoint)
}

fn span_id(id: i64) -> SpanId {
    SpanId(id.to_be_bytes())
}

/// A time before 1970 is 1970, and no time is shorter than none.
fn not_negative(microseconds: i64) -> u64 {
    u64::try_from(microseconds).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::zipkin::v1;

    /// A field's head and what it holds.
    fn field(kind: u8, id: u8, content: &[u8]) -> Vec<u8> {
        [&[kind, 0, id], content].concat()
    }

    fn text(id: u8, bytes: &[u8]) -> Vec<u8> {
        field(11, id, &[&(bytes.len() as u32).to_be_bytes(), bytes].concat())
    }

    fn i64(id: u8, number: i64) -> Vec<u8> {
        field(10, id, &number.to_be_bytes())
    }

    fn structs(id: u8, all: &[Vec<u8>]) -> Vec<u8> {
        field(15, id, &list(all))
    }

    fn list(all: &[Vec<u8>]) -> Vec<u8> {
        let head = [&[12][..], &(all.len() as u32).to_be_bytes()].concat();
        let ended = all.iter().flat_map(|one| [one.as_slice(), &[0]]);
        [head.as_slice()]
            .into_iter()
            .chain(ended)
            .collect::<Vec<_>>()
            .concat()
    }

    fn host(id: u8, service: &str) -> Vec<u8> {
        let inside = [
            field(8, 1, &[192, 0, 2, 1]),
            field(6, 2, &40_000_u16.to_be_bytes()),
            text(3, service.as_bytes()),
        ];
        field(12, id, &[&inside.concat()[..], &[0]].concat())
    }

    fn request() -> Vec<u8> {
        let annotation =
            |time, value: &str| [i64(1, time), text(2, value.as_bytes()), host(3, "shop")].concat();
        let binary = |key: &str, value: &[u8], kind: u8, service| {
            let kind = field(8, 3, &[0, 0, 0, kind]);
            [text(1, key.as_bytes()), text(2, value), kind, host(4, service)].concat()
        };
        let whole = [
            i64(1, 5),
            text(3, b"get /"),
            i64(4, 6),
            i64(5, 7),
            structs(
                6,
                &[
                    annotation(1_700_000_000_000_001, "sr"),
                    annotation(1_700_000_000_000_100, "miss"),
                    annotation(1_700_000_000_000_251, "ss"),
                ],
            ),
            structs(
                8,
                &[
                    binary("http.path", b"/", 6, "shop"),
                    binary("whole", &42_i64.to_be_bytes(), 4, "shop"),
                    binary("small", &7_i16.to_be_bytes(), 2, "shop"),
                    binary("half", &0.5_f64.to_be_bytes(), 5, "shop"),
                    binary("truth", &[1], 0, "shop"),
                    binary("ca", &[1], 0, "browser"),
                ],
            ),
            field(2, 9, &[1]),
            i64(10, 1_700_000_000_000_001),
            i64(11, 250),
            i64(12, 9),
            // A field that nobody knows yet.
            host(99, "later"),
        ];
        list(&[whole.concat(), [i64(1, 0), i64(4, 0)].concat()])
    }

    #[test]
    fn thrift_and_json_say_the_same() {
        let endpoint = |service| format!(r#"{{"serviceName":"{service}","ipv4":"192.0.2.1","port":40000}}"#);
        let (shop, browser) = (endpoint("shop"), endpoint("browser"));
        let json = format!(
            r#"[{{"traceId":"00000000000000090000000000000005","id":"6","parentId":"7","name":"get /","debug":true,
            "timestamp":1700000000000001,"duration":250,"annotations":[
                {{"timestamp":1700000000000001,"value":"sr","endpoint":{shop}}},
                {{"timestamp":1700000000000100,"value":"miss","endpoint":{shop}}},
                {{"timestamp":1700000000000251,"value":"ss","endpoint":{shop}}}],
            "binaryAnnotations":[{{"key":"http.path","value":"/","endpoint":{shop}}},
                {{"key":"whole","value":42,"endpoint":{shop}}},{{"key":"small","value":7,"endpoint":{shop}}},
                {{"key":"half","value":0.5,"endpoint":{shop}}},{{"key":"truth","value":true,"endpoint":{shop}}},
                {{"key":"ca","value":true,"endpoint":{browser}}}]}}]"#
        );
        let spans = read(&request()).expect("a list");
        assert_eq!(spans[..1], v1::read(json.as_bytes()).expect("a list"));
        // What has no id is left to whoever counts such.
        assert_eq!((spans.len(), spans[1].trace_id), (2, TraceId::INVALID));
    }

    #[test]
    fn what_is_cut_or_has_more_after_it_is_refused_and_any_byte_may_be_wrong() {
        let good = request();
        for cut in 0..good.len() {
            assert!(read(&good[..cut]).is_err(), "cut to {cut}");
        }
        assert_eq!(read(&[&good[..], b"x"].concat()), Err(Malformed::Trailing));
        for place in 0..good.len() {
            for value in [0, 1, 0x0f, 0x7f, 0x80, 0xff] {
                let mut message = good.clone();
                message[place] = value;
                let _ = read(&message);
            }
        }
    }

    #[test]
    fn small_spans_that_become_large_in_memory_are_too_many() {
        let small = [i64(1, 1), i64(4, 1)].concat();
        assert_eq!(read(&list(&vec![small; 500_000])), Err(Malformed::TooMany));
    }
}
