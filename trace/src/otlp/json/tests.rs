use super::*;
use crate::model::{Attribute, Value};
use crate::otlp::decode::Decoder;
use crate::otlp::encode;

const EXAMPLE: &str = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"my.service"}}]},"scopeSpans":[{"scope":{"name":"my.library","version":"1.0.0"},"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","parentSpanId":"eee19b7ec3c1b173","name":"I'm a server span","kind":2,"startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000","attributes":[{"key":"my.span.attr","value":{"intValue":"5"}}],"status":{}}],"schemaUrl":"https://example.test/1"}]}]}"#;

fn rewritten(json: &str) -> String {
    let mut out = Vec::new();
    write(&read(json.as_bytes()).expect("valid"), &mut out);
    String::from_utf8(out).expect("UTF-8")
}

fn value_of(json: &str) -> Value {
    let document = format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"k","value":{json}}}]}},"scopeSpans":[{{"spans":[{{"traceId":"00000000000000000000000000000001","spanId":"0000000000000001"}}]}}]}}]}}"#
    );
    let span = Decoder::new()
        .decode(read(document.as_bytes()).expect("valid"))
        .spans
        .remove(0);
    span.resource.attributes[0].value.clone()
}

#[test]
fn the_collectors_form_is_written_as_it_is_read() {
    assert_eq!(rewritten(EXAMPLE), EXAMPLE);
}

#[test]
fn integers_are_taken_as_numbers_and_as_text_ids_in_either_case_and_null_for_absent() {
    let lenient = EXAMPLE
        .replace("\"1544712660000000000\"", "1544712660000000000")
        .replace("\"5\"", "5")
        .replace("eee19b7ec3c1b174", "EEE19B7EC3C1B174")
        .replace(
            "\"kind\":2",
            "\"kind\":2,\"events\":null,\"links\":[],\"traceState\":null,\"unheardOf\":{\"x\":[1]}",
        );
    assert_eq!(rewritten(&lenient), EXAMPLE);
}

#[test]
fn every_form_of_value_survives() {
    for (json, value) in [
        ("{}", Value::Empty),
        ("null", Value::Empty),
        (r#"{"unheardOf":[1,2]}"#, Value::Empty),
        (r#"{"stringValue":""}"#, Value::from("")),
        (r#"{"stringValue":"\u0000😀"}"#, Value::from("\0😀")),
        (r#"{"boolValue":false}"#, Value::from(false)),
        (r#"{"intValue":"-9223372036854775808"}"#, Value::from(i64::MIN)),
        (r#"{"intValue":9223372036854775807}"#, Value::from(i64::MAX)),
        (r#"{"doubleValue":"NaN"}"#, Value::from(f64::NAN)),
        (r#"{"doubleValue":"-Infinity"}"#, Value::from(f64::NEG_INFINITY)),
        (r#"{"doubleValue":-0.0}"#, Value::from(-0.0)),
        (r#"{"doubleValue":2}"#, Value::from(2.0)),
        (r#"{"bytesValue":"AP-_"}"#, Value::Bytes(vec![0, 255, 191])),
        (r#"{"bytesValue":"AA"}"#, Value::Bytes(vec![0])),
        (
            r#"{"arrayValue":{"values":[{},{"boolValue":true}]}}"#,
            Value::Array(vec![Value::Empty, true.into()]),
        ),
        (r#"{"arrayValue":{}}"#, Value::Array(vec![])),
        (
            r#"{"kvlistValue":{"values":[{"key":"a"}]}}"#,
            Value::Map(vec![Attribute::new("a", Value::Empty)]),
        ),
    ] {
        let read_value = value_of(json);
        assert_eq!(read_value, value, "{json}");
        let mut decoder = Decoder::new();
        let span = crate::Span {
            attributes: vec![Attribute {
                key: "k".into(),
                value,
            }],
            trace_id: crate::TraceId([1; 16]),
            span_id: crate::SpanId([1; 8]),
            ..Default::default()
        };
        let mut out = Vec::new();
        write(&encode::resource_spans([&span]), &mut out);
        assert_eq!(
            decoder.decode(read(&out).expect("our own")).spans,
            [span],
            "{json}"
        );
    }
}

#[test]
fn one_bad_id_costs_one_span() {
    for (good, bad) in [
        (
            "5b8efff798038103d269b633813fc60c",
            "5b8efff798038103d269b633813fc60",
        ),
        ("eee19b7ec3c1b174", "not hex at all !"),
        ("eee19b7ec3c1b173", "zz"),
        ("eee19b7ec3c1b174", "0000000000000000"),
    ] {
        let groups = read(EXAMPLE.replace(good, bad).as_bytes()).expect("still JSON");
        let decoded = Decoder::new().decode(groups);
        assert_eq!((decoded.spans.len(), decoded.refused.len()), (0, 1), "{bad}");
    }
}

#[test]
fn nonsense_is_an_error_and_never_a_panic() {
    let deep = format!(r#"{{"resourceSpans":{}"#, "[".repeat(100_000));
    for json in [
        "",
        "null",
        "[]",
        "{",
        "1",
        "\"x\"",
        r#"{"resourceSpans":{}}"#,
        r#"{"resourceSpans":[1]}"#,
        &deep,
    ] {
        assert!(read(json.as_bytes()).is_err(), "{}", &json[..json.len().min(40)]);
    }
    for cut in 0..EXAMPLE.len() {
        assert!(read(&EXAMPLE.as_bytes()[..cut]).is_err());
    }
    assert!(read(b"{}").expect("an empty request").is_empty());
}
