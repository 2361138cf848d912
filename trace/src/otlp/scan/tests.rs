use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::model::{Attribute, Event, Link, Resource, Scope, Span, Value};
use crate::otlp::proto::ExportTraceServiceRequest;
use crate::otlp::{decode::Decoder, encode};
use crate::{SpanId, TraceId};

fn request() -> Vec<u8> {
    let nested = Value::Array(vec![
        Value::Map(vec![Attribute::new("a", 1.5)]),
        Value::Bytes(vec![1]),
        Value::Empty,
    ]);
    let span = Span {
        resource: Resource {
            attributes: vec![Attribute::new("service.name", "orders")],
            ..Default::default()
        }
        .into(),
        scope: Scope {
            name: "library".into(),
            attributes: vec![Attribute::new("k", true)],
            ..Default::default()
        }
        .into(),
        trace_id: TraceId([7; 16]),
        span_id: SpanId([3; 8]),
        parent_span_id: Some(SpanId([2; 8])),
        name: "GET /".into(),
        start_unix_ns: 5,
        end_unix_ns: u64::MAX,
        flags: 0x101,
        // Of the texts some lie next to one another, and one of these is not ASCII.
        attributes: vec![
            Attribute::new("http.method", "GET"),
            Attribute::new("nested", nested),
            Attribute::new("url.path", "/orders"),
            Attribute::new("city", "Zürich"),
            Attribute::new("", ""),
            Attribute::new("n", -1),
            Attribute::new("last", "one"),
        ],
        events: vec![Event {
            name: "e".into(),
            time_unix_ns: 1,
            ..Default::default()
        }],
        links: vec![Link {
            trace_id: Some(TraceId([1; 16])),
            span_id: Some(SpanId([1; 8])),
            ..Default::default()
        }],
        status: crate::Status {
            code: crate::StatusCode::ERROR,
            message: "no".into(),
        },
        ..Default::default()
    };
    let other = Span {
        parent_span_id: None,
        span_id: SpanId([4; 8]),
        status: Default::default(),
        ..span.clone()
    };
    encode::request([&span, &other]).encode_to_vec()
}

#[test]
fn the_heads_of_spans_are_found_with_their_bytes() {
    let request = request();
    let groups = scan(&request).expect("well formed");
    assert_eq!(groups.len(), 1);
    assert_eq!(
        text_attribute(&groups[0].resource, "service.name"),
        Some("orders")
    );
    assert_eq!(text_attribute(&groups[0].resource, "service.instance.id"), None);
    let head = groups[0].spans[0].head.expect("good");
    assert_eq!(head.parent_span_id, Some(SpanId([2; 8])));
    assert_eq!(
        (head.start_unix_ns, head.end_unix_ns, head.is_error()),
        (5, u64::MAX, true)
    );
    assert!(!groups[0].spans[1].head.expect("good").is_error());
}

#[test]
fn a_request_cut_anywhere_is_malformed_or_a_shorter_request_but_never_a_panic() {
    let request = request();
    for cut in 0..request.len() {
        let cut = &request[..cut];
        assert_eq!(scan(cut).is_ok(), ExportTraceServiceRequest::decode(cut).is_ok());
    }
}

/// An attribute value inside `depth` arrays.
fn nested(depth: usize) -> Vec<u8> {
    let mut value = Value::Int(1);
    for _ in 0..depth {
        value = Value::Array(vec![value]);
    }
    let span = Span {
        trace_id: TraceId([7; 16]),
        span_id: SpanId([3; 8]),
        attributes: vec![Attribute::new("deep", value)],
        ..Default::default()
    };
    encode::request([&span]).encode_to_vec()
}

#[test]
fn nesting_is_followed_as_deep_as_a_decoder_does() {
    for depth in 40..56 {
        let request = nested(depth);
        assert_eq!(
            scan(&request).is_ok(),
            ExportTraceServiceRequest::decode(&request[..]).is_ok(),
            "{depth}"
        );
    }
    assert_eq!(scan(&nested(2_000)), Err(Malformed::Depth));
}

#[test]
fn more_messages_than_anyone_sends_are_refused_before_they_take_memory() {
    // A request of empty resources' spans' scopes' spans, two bytes each.
    let spans = [0x12, 0x00].repeat(fields::MOST_MESSAGES as usize + 1);
    let wrap = |number: u8, bytes: Vec<u8>| {
        let mut wrapped = vec![number << 3 | 2];
        prost::encoding::encode_varint(bytes.len() as u64, &mut wrapped);
        wrapped.extend(bytes);
        wrapped
    };
    assert_eq!(scan(&wrap(1, wrap(2, spans))), Err(Malformed::TooMany));
}

/// The good spans by what a scan sees of them, and how many are refused.
type Seen = (Vec<(SpanId, u64, bool)>, usize);

/// What a decoder makes of the request, as the scan sees it.
fn decoded(request: &[u8]) -> Option<Seen> {
    let decoded = Decoder::new().decode(ExportTraceServiceRequest::decode(request).ok()?.resource_spans);
    let spans = decoded
        .spans
        .iter()
        .map(|span| (span.span_id, span.end_unix_ns, span.is_error()));
    Some((spans.collect(), decoded.refused.len()))
}

fn scanned(request: &[u8]) -> Option<Seen> {
    let groups = scan(request).ok()?;
    let (good, bad): (Vec<_>, Vec<_>) = groups
        .iter()
        .flat_map(|group| &group.spans)
        .map(|span| span.head)
        .partition(Result::is_ok);
    Some((
        good.into_iter()
            .flatten()
            .map(|head| (head.span_id, head.end_unix_ns, head.is_error()))
            .collect(),
        bad.len(),
    ))
}

proptest! {
    #[test]
    fn it_accepts_what_a_decoder_accepts_and_sees_the_same(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut request = request();
        for (at, byte) in changes {
            let at = at.index(request.len());
            request[at] = byte;
        }
        prop_assert_eq!(scanned(&request), decoded(&request));
    }

    #[test]
    fn it_takes_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(scanned(&bytes), decoded(&bytes));
    }
}
