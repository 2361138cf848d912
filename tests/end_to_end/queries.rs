//! `faultmart query`: traces by TraceQL, from files and over HTTP.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::Value;

use crate::support::{Place, finish};

/// Two traces in OTLP's JSON: one with an error below its root, and one without.
const TRACES: &str = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[
{"traceId":"000000000000000000000000000000aa","spanId":"0000000000000001","name":"GET /","kind":2,"startTimeUnixNano":"1000000000","endTimeUnixNano":"1500000000"},
{"traceId":"000000000000000000000000000000aa","spanId":"0000000000000002","parentSpanId":"0000000000000001","name":"SELECT","kind":3,"startTimeUnixNano":"1100000000","endTimeUnixNano":"1200000000","status":{"code":2},"attributes":[{"key":"rows","value":{"intValue":"7"}}]},
{"traceId":"000000000000000000000000000000bb","spanId":"0000000000000003","name":"GET /","kind":2,"startTimeUnixNano":"3000000000","endTimeUnixNano":"3100000000"}
]}]}]}"#;

fn place() -> Place {
    let place = Place::new();
    std::fs::write(place.path().join("traces.json"), TRACES).expect("written");
    place
}

fn lines(output: &std::process::Output) -> Vec<Value> {
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

#[test]
fn a_file_is_asked() {
    let place = place();
    let ask = |query: &str, more: &[&str]| {
        let arguments = [&["query", query, "--in", "traces.json", "--format", "json"], more].concat();
        lines(&finish(place.faultmart(&arguments)))
    };
    let found = ask(
        "{ kind = server } >> { status = error } | count() = 1 | select(span.rows)",
        &[],
    );
    assert_eq!(
        found,
        [serde_json::json!({
            "trace_id": "000000000000000000000000000000aa",
            "root_service": "shop",
            "root_name": "GET /",
            "start": "1970-01-01T00:00:01.000000000Z",
            "duration_ms": 500.0,
            "matched": ["0000000000000002"],
            "values": [{"count()": 1}],
            "selected": [{"span_id": "0000000000000002", "span.rows": 7}],
        })]
    );
    assert_eq!(ask("{ }", &[]).len(), 2);
    assert_eq!(ask("{ }", &["--limit", "1"]).len(), 1);
    assert_eq!(
        ask("{ }", &["--from", "2"])[0]["trace_id"],
        "000000000000000000000000000000bb"
    );
    assert_eq!(ask("{ name = \"nobody\" }", &[]).len(), 0);
    let series = ask("{ } | count_over_time() by (name)", &["--step", "2s"]);
    assert_eq!(
        series,
        [
            serde_json::json!({"labels": {"name": "GET /"}, "points": [
                {"time": "1970-01-01T00:00:02.000000000Z", "value": 1.0},
                {"time": "1970-01-01T00:00:04.000000000Z", "value": 1.0},
            ]}),
            serde_json::json!({"labels": {"name": "SELECT"}, "points": [
                {"time": "1970-01-01T00:00:02.000000000Z", "value": 1.0},
                {"time": "1970-01-01T00:00:04.000000000Z", "value": 0.0},
            ]}),
        ]
    );
}

#[test]
fn a_query_is_checked_with_the_place_of_the_mistake() {
    let place = place();
    assert_eq!(
        finish(place.faultmart(&["query", "--check", "{ status = error }"]))
            .status
            .code(),
        Some(0)
    );
    let output = finish(place.faultmart(&["query", "--check", "{ stauts = error }"]));
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.starts_with(
            "error: the query, column 3: `stauts` is neither an intrinsic nor a value\n  { stauts = error }\n    ^^^^^^\nhelp: did you mean `status`?"
        ),
        "{errors}"
    );
}

#[test]
fn a_file_that_is_none_is_refused() {
    let place = place();
    std::fs::write(place.path().join("notes.txt"), "nothing of the kind").expect("written");
    for (file, says) in [
        ("notes.txt", "notes.txt is no trace file"),
        ("gone.json", "cannot read gone.json"),
    ] {
        let output = finish(place.faultmart(&["query", "{ }", "--in", file]));
        assert_eq!(output.status.code(), Some(2));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains(says) && errors.contains("\nhelp: "), "{errors}");
    }
}

#[test]
fn a_server_with_tempos_routes_is_asked() {
    let place = place();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a request");
        let mut request = [0; 4096];
        let length = stream.read(&mut request).expect("readable");
        let body = r#"{"traces":[{"traceID":"aa","rootServiceName":"shop","rootTraceName":"GET /","startTimeUnixNano":"1000000000","durationMs":500,"spanSets":[{"spans":[{"spanID":"0000000000000002"}],"matched":1}]}],"metrics":{}}"#;
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("writable");
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let output = finish(place.faultmart(&[
        "query",
        "{ status = error }",
        "--url",
        &url,
        "--limit",
        "5",
        "--format",
        "json",
    ]));
    let request = server.join().expect("no panic");
    assert!(
        request.starts_with("GET /api/search?q=%7B+status+%3D+error+%7D&limit=5&"),
        "{request}"
    );
    let found = lines(&output);
    assert_eq!(found[0]["trace_id"], "000000000000000000000000000000aa");
    assert_eq!(found[0]["matched"][0], "0000000000000002");
    let output = finish(place.faultmart(&["query", "{ }", "--url", "http://127.0.0.1:1"]));
    assert_eq!(output.status.code(), Some(3));
}
