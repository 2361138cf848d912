use super::*;
use crate::formats::{Format, Losses, Place, detect};
use crate::model::{Attribute, Kind, StatusCode, Value};

/// Two services, as Jaeger's page downloads them.
const PAGE: &str = include_str!("../../../tests/samples/jaeger-page.json");

#[test]
fn the_pages_download_is_read() {
    assert_eq!(detect(PAGE.as_bytes()), Some(Format::Jaeger));
    let spans = read(PAGE.as_bytes()).expect("a good file");
    assert_eq!(spans.len(), 3);
    let server = &spans[0];
    assert_eq!(server.trace_id.to_string(), "000000000000000000c0ffee00000001");
    assert_eq!(
        (server.service(), server.kind, server.parent()),
        ("gateway", Kind::SERVER, None)
    );
    assert_eq!(
        (server.start_unix_ns, server.duration_ns()),
        (1_700_000_000_000_000_000, 25_000_000)
    );
    assert_eq!(
        server.attribute("http.response.status_code"),
        Some(&Value::Int(500))
    );
    assert_eq!(
        server.attribute("request.id"),
        Some(&Value::Int(9_007_199_254_740_993))
    );
    assert_eq!(server.status.code, StatusCode::ERROR);
    assert_eq!(server.status.message, "no such order");
    assert_eq!(server.scope.name, "shop.http");
    assert!(server.attribute("error").is_none(), "the status says it");
    assert_eq!(server.events[0].name, "exception");
    assert_eq!(
        server.events[0].attributes,
        [Attribute::new("exception.type", "NotFound")]
    );
    let client = &spans[1];
    assert_eq!(client.parent(), Some(server.span_id));
    assert_eq!(client.links.len(), 1);
    assert_eq!(
        client.attribute(model::WARNINGS),
        Some(&Value::Array(vec!["clock skew".into()]))
    );
    let query = &spans[2];
    assert_eq!(
        query.parent(),
        Some(client.span_id),
        "a lone FOLLOWS_FROM is the parent, as in Jaeger"
    );
    assert_eq!(
        query.status.code,
        StatusCode::ERROR,
        "an OpenTracing span's way to say so"
    );
    assert_eq!(query.attribute("error"), Some(&Value::Bool(true)));
    assert_eq!(query.attribute("payload"), Some(&Value::Bytes(vec![0, 255])));
}

#[test]
fn one_trace_several_documents_and_v3_are_read_too() {
    let spans = read(PAGE.as_bytes()).expect("a good file");
    let mut one = Vec::new();
    write_trace(&spans, &mut Losses::default(), &mut one);
    assert_eq!(read(&one).expect("one trace").len(), 3);
    let twice = [&one[..], b"\n", &one[..]].concat();
    assert_eq!(read(&twice).expect("two documents").len(), 6);
    let v3 = write_v3(&spans);
    assert_eq!(detect(&v3), Some(Format::Jaeger));
    let mut back = read(&v3).expect("v3");
    back.sort_by_key(|span| spans.iter().position(|it| it.span_id == span.span_id));
    assert_eq!(back, spans);
}

#[test]
fn what_it_writes_is_what_it_read() {
    let spans = read(PAGE.as_bytes()).expect("a good file");
    let mut losses = Losses::default();
    let json = write_traces(&spans, &mut losses);
    assert_eq!(losses.to_string(), "");
    assert_eq!(read(&json).expect("our own"), spans);
}

#[test]
fn errors_say_where() {
    let cut = read(&PAGE.as_bytes()[..PAGE.len() / 2]).expect_err("cut");
    assert!(matches!(cut.place, Place::Line(line, _) if line > 1), "{cut}");
    let error = |from: &str, to: &str| {
        read(PAGE.replacen(from, to, 1).as_bytes())
            .expect_err(to)
            .to_string()
    };
    assert_eq!(
        error("\"spanID\": \"a1\"", "\"spanID\": \"a1g\""),
        "read as jaeger: item 1: span id `a1g` is not 1 to 16 hex digits"
    );
    assert_eq!(
        error("\"processID\": \"p2\"", "\"processID\": \"p9\""),
        "read as jaeger: item 3: `processID` is `p9`, which is not in `processes`"
    );
    let number = error("\"duration\": 25000", "\"duration\": \"long\"");
    assert!(number.starts_with("read as jaeger: line "), "{number}");
    let refused = read(br#"{"data":null,"errors":[{"code":404,"msg":"trace not found"}]}"#);
    let refused = refused.expect_err("an answer without a trace");
    assert!(
        refused.to_string().ends_with("Jaeger's answer `trace not found`"),
        "{refused}"
    );
    for json in ["", "{", "{}", "[1]", "null", "{\"data\":3}"] {
        assert!(json.is_empty() || read(json.as_bytes()).is_err(), "{json}");
    }
}
