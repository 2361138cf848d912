//! What is patched together is what a full encoder would have written.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;

use super::*;
use crate::Failure;

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

fn number(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::IntValue(value))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn journeys() -> Vec<Journey> {
    vec![
        Journey {
            name: "product".to_owned(),
            route: Some("/api/products/{id}".to_owned()),
        },
        Journey {
            name: "search".to_owned(),
            route: None,
        },
    ]
}

fn decoded(spans: &[u8]) -> ExportTraceServiceRequest {
    let mut bytes = Vec::new();
    let resource = [
        ("service.name", "load"),
        ("service.version", "1"),
        ("service.instance.id", "i"),
    ];
    Envelope::new(resource.into_iter()).encode(spans.len(), &mut bytes);
    bytes.extend_from_slice(spans);
    ExportTraceServiceRequest::decode(&bytes[..]).expect("a request")
}

fn batch(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let attributes = vec![
        text("service.name", "load"),
        text("service.version", "1"),
        text("service.instance.id", "i"),
    ];
    let scope = InstrumentationScope {
        name: "faultmart".to_owned(),
        ..InstrumentationScope::default()
    };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes,
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(scope),
                spans,
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    }
}

fn expected(name: &str, method: &str, url: &str, ending: Vec<KeyValue>, is_error: bool) -> Span {
    let mut attributes = vec![
        text("http.request.method", method),
        text("server.address", "127.0.0.1"),
        text("user_agent.synthetic.type", "test"),
        number("server.port", 4600),
        text("url.full", url),
    ];
    attributes.extend(ending);
    let status = is_error.then(|| Status {
        message: String::new(),
        code: 2,
    });
    Span {
        trace_id: (0..16).collect(),
        span_id: (16..24).collect(),
        name: name.to_owned(),
        kind: 3,
        start_time_unix_nano: 1_700_000_000_000_000_000,
        end_time_unix_nano: 1_700_000_000_012_345_678,
        attributes,
        status,
        flags: 0x101,
        ..Span::default()
    }
}

#[test]
fn spans_decode_to_what_a_full_encoder_would_have_been_given() {
    let target = Target::parse("http://127.0.0.1:4600").expect("a target");
    let mut templates = Templates::new(&target, &journeys());
    let long_query = format!("/api/search?q={}", "x".repeat(300));
    let cases = [
        (0, "GET", "/api/products/17?a=1", Ending::Completed(200)),
        (
            1,
            "GET",
            long_query.as_str(),
            Ending::Failed(Failure::Status(503)),
        ),
        (1, "POST", "/api/search", Ending::Failed(Failure::Timeout)),
        (0, "GET", "/api/products/18", Ending::Aborted),
    ];
    let mut bytes = Vec::new();
    for (journey, method, path, ending) in cases {
        let mut request = Request::new(0, journey, method, path).expect("valid");
        request.trace(
            std::array::from_fn(|index| index as u8),
            std::array::from_fn(|index| 16 + index as u8),
        );
        let start = 1_700_000_000_000_000_000;
        templates.encode(&request, start, start + 12_345_678, ending, &mut bytes);
    }
    let root = "http://127.0.0.1:4600";
    let status = |code| number("http.response.status_code", code);
    let error = |kind| text("error.type", kind);
    let url = |path: &str| format!("{root}{path}");
    let spans = vec![
        expected(
            "GET /api/products/{id}",
            "GET",
            &url("/api/products/17?a=1"),
            vec![status(200)],
            false,
        ),
        expected(
            "GET /api/search",
            "GET",
            &url(&long_query),
            vec![status(503), error("503")],
            true,
        ),
        expected(
            "POST /api/search",
            "POST",
            &url("/api/search"),
            vec![error("timeout")],
            true,
        ),
        expected(
            "GET /api/products/{id}",
            "GET",
            &url("/api/products/18"),
            vec![error("aborted")],
            true,
        ),
    ];
    assert_eq!(decoded(&bytes), batch(spans));
}

#[test]
fn a_method_of_nobody_s_is_named_other() {
    let target = Target::parse("http://127.0.0.1:4600").expect("a target");
    let mut bytes = Vec::new();
    let request = Request::new(0, 0, "BREW", "/pot").expect("valid");
    Templates::new(&target, &journeys()).encode(&request, 1, 2, Ending::Completed(200), &mut bytes);
    let batch = decoded(&bytes);
    let span = &batch.resource_spans[0].scope_spans[0].spans[0];
    assert_eq!(span.name, "HTTP /api/products/{id}");
    assert!(span.attributes.contains(&text("http.request.method", "_OTHER")));
    assert!(
        span.attributes
            .contains(&text("http.request.method_original", "BREW"))
    );
}
