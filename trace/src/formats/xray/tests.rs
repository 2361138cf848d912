use super::*;
use crate::formats::{Format, Losses, Place, detect};
use crate::model::{Attribute, Kind, StatusCode, Value};

const ANSWER: &str = include_str!("../../../tests/samples/xray.json");

#[test]
fn an_answer_of_the_api_is_read_with_embedded_and_independent_subsegments() {
    assert_eq!(detect(ANSWER.as_bytes()), Some(Format::Xray));
    let spans = read(ANSWER.as_bytes()).expect("a good file");
    assert_eq!(
        spans.iter().map(|span| span.name.as_str()).collect::<Vec<_>>(),
        ["shop.example", "dynamo", "retry", "stock@db"]
    );
    let (root, dynamo, retry, stock) = (&spans[0], &spans[1], &spans[2], &spans[3]);
    assert_eq!(root.trace_id.to_string(), "581cf771a006649127e371903a2de979");
    assert_eq!(
        (root.service(), root.kind, root.parent()),
        ("shop.example", Kind::SERVER, None)
    );
    assert_eq!(
        (root.start_unix_ns, root.end_unix_ns),
        (1_478_293_361_271_000_123, 1_478_293_361_449_000_000)
    );
    for (key, value) in [
        ("http.request.method", Value::from("POST")),
        ("url.full", "https://shop.example/orders".into()),
        ("client.address", "192.0.2.7".into()),
        ("http.response.status_code", Value::Int(500)),
        ("aws.xray.fault", true.into()),
        ("enduser.id", "u1".into()),
        ("tier", "gold".into()),
        ("items", Value::Int(3)),
        ("aws.xray.cause.working_directory", "/srv".into()),
        (
            "aws.xray.metadata.debug",
            Value::Map(vec![Attribute::new(
                "seen",
                Value::Array(vec![Value::Int(1), Value::Int(2)]),
            )]),
        ),
    ] {
        assert_eq!(root.attribute(key), Some(&value), "{key}");
    }
    assert_eq!(
        (root.status.code, root.status.message.as_str()),
        (StatusCode::ERROR, "no stock")
    );
    assert_eq!(
        Value::find(&root.resource.attributes, "service.version"),
        Some(&Value::from("1.2"))
    );
    assert_eq!(
        Value::find(&root.events[0].attributes, "exception.stacktrace"),
        Some(&Value::from("at f (a.js:3)"))
    );
    assert_eq!((dynamo.parent(), dynamo.kind), (Some(root.span_id), Kind::CLIENT));
    assert_eq!(
        dynamo.attribute("aws.operation"),
        Some(&Value::from("UpdateItem"))
    );
    assert_eq!(dynamo.service(), "shop.example");
    assert_eq!(
        (retry.parent(), retry.kind),
        (Some(dynamo.span_id), Kind::INTERNAL)
    );
    assert_eq!(retry.attribute("aws.xray.in_progress"), Some(&Value::Bool(true)));
    assert_eq!(
        (retry.end_unix_ns, stock.parent()),
        (retry.start_unix_ns, Some(root.span_id))
    );
    assert_eq!(stock.attribute("db.query.text"), Some(&Value::from("SELECT 1")));
    assert_eq!(stock.links[0].span_id, Some(dynamo.span_id));
    assert_eq!(
        (stock.status.code, stock.attribute("aws.xray.cause")),
        (StatusCode::ERROR, Some(&Value::from("af29ce8e6fd0a6bb")))
    );
}

#[test]
fn what_it_writes_is_what_it_read_in_every_wrapping() {
    let spans = read(ANSWER.as_bytes()).expect("a good file");
    let mut losses = Losses::default();
    let lines = write(&spans, &mut losses);
    assert_eq!(losses.to_string(), "");
    assert_eq!(detect(&lines), Some(Format::Xray));
    assert_eq!(read(&lines).expect("our own"), spans);
    let text = String::from_utf8(lines).expect("text");
    let documents: Vec<&str> = text.lines().collect();
    let strings = serde_json::to_string(&documents).expect("strings");
    let list = format!("[{}]", documents.join(","));
    let request = format!("{{\"TraceSegmentDocuments\":{strings}}}");
    let daemon: String = documents
        .iter()
        .map(|line| format!("{{\"format\":\"json\",\"version\":1}}\n{line}\n"))
        .collect();
    for wrapped in [strings, list, request, daemon] {
        assert_eq!(detect(wrapped.as_bytes()), Some(Format::Xray), "{wrapped}");
        assert_eq!(read(wrapped.as_bytes()).expect("wrapped"), spans);
    }
}

#[test]
fn the_blocks_are_derived_from_the_attributes() {
    let spans = read(ANSWER.as_bytes()).expect("a good file");
    let lines = String::from_utf8(write(&spans, &mut Losses::default())).expect("text");
    let documents: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let root = &documents[0];
    assert_eq!(root["trace_id"], "1-581cf771-a006649127e371903a2de979");
    assert_eq!(root["http"]["response"]["status"], 500);
    assert_eq!(root["http"]["request"]["client_ip"], "192.0.2.7");
    assert_eq!(
        (&root["fault"], &root["service"]["version"]),
        (&true.into(), &"1.2".into())
    );
    assert_eq!(root["cause"]["exceptions"][0]["message"], "no stock");
    assert_eq!(root["annotations"]["items"], 3);
    assert_eq!(documents[1]["type"], "subsegment");
    assert_eq!(documents[1]["namespace"], "remote");
    assert_eq!(documents[1]["aws"]["table_name"], "orders");
}

#[test]
fn nonsense_is_an_error_and_never_a_panic() {
    let error = |json: &str| read(json.as_bytes()).expect_err(json);
    let wrong = error(r#"{"trace_id":"1-5-6","id":"53995c3f42cd8ad8","start_time":1}"#);
    assert_eq!(
        wrong.to_string(),
        "read as xray: item 1: `trace_id` is `1-5-6`, not 1-8-24 hex digits"
    );
    assert_eq!(wrong.place, Place::Item(1));
    for json in [
        "{}",
        "1",
        "null",
        "[1]",
        "[\"x\"]",
        r#"{"trace_id":"1-581cf771-a006649127e371903a2de979","id":"53995c3f42cd8ad8","start_time":-1}"#,
        r#"{"trace_id":"1-581cf771-a006649127e371903a2de979","id":"0","start_time":1}"#,
        r#"{"Traces":[{"Segments":[{"Document":"{"}]}]}"#,
    ] {
        error(json);
    }
    let document = r#"{"trace_id":"1-581cf771-a006649127e371903a2de979","id":"53995c3f42cd8ad8","start_time":1,"subsegments":["#;
    let deep = format!("{}{}", document.repeat(1000), "]}".repeat(1000));
    assert!(error(&deep).to_string().contains("deeper"));
    error(&"[".repeat(100_000));
}
