//! Zipkin's routes.

use serde_json::{Value, json};

use super::{Settle, assert_different, assert_same, lengthen_ids, sorted};
use crate::backends::Backend;
use crate::support::{Place, until};
use crate::turns::Turn;

/// What is sent to Zipkin's collector.
const ZIPKIN: &str = include_str!("zipkin.json");

/// Tags that say in OpenTelemetry's words what Zipkin has fields for, which the lab tells beside these.
const TAGS: [&str; 6] = [
    "peer.service",
    "network.local.address",
    "network.local.port",
    "network.peer.address",
    "network.peer.port",
    "otel.status_code",
];

/// A Zipkin answer with trace ids of 128 bits, which the lab always tells, without the tags that only the lab tells, and with
/// spans in the order of their ids.
fn settled_zipkin(answer: &Value) -> Value {
    fn trace(spans: &Value) -> Value {
        let mut spans = spans.clone();
        lengthen_ids(&mut spans);
        for span in spans.as_array_mut().into_iter().flatten() {
            let Some(span) = span.as_object_mut() else {
                continue;
            };
            let Some(tags) = span.get_mut("tags").and_then(Value::as_object_mut) else {
                continue;
            };
            tags.retain(|key, _| !TAGS.contains(&key.as_str()));
            // An error that says nothing else has an empty text in the lab.
            if tags.get("error").is_some_and(|text| text == "true") {
                tags.insert("error".to_owned(), "".into());
            }
            if tags.is_empty() {
                span.remove("tags");
            }
        }
        sorted(&spans)
    }
    match answer.as_array() {
        Some(traces) if traces.iter().all(Value::is_array) => traces.iter().map(trace).collect(),
        _ => trace(answer),
    }
}

#[test]
fn zipkins_questions_are_answered_as_zipkin_does() {
    let _turn = Turn::beside_others();
    let place = Place::new();
    let Some(zipkin) = Backend::zipkin(&place) else {
        return;
    };
    let lab = Backend::lab(&place);
    for backend in [&zipkin, &lab] {
        backend.post("/api/v2/spans", "application/json", ZIPKIN.into());
    }
    until("Zipkin has the last span", || {
        let (_, names) = zipkin.get("/api/v2/spans?serviceName=last");
        (names == json!(["span"])).then_some(())
    });
    let time = "endTs=1700000010000&lookback=100000";
    let names = [
        "services",
        "spans?serviceName=orders",
        "spans?serviceName=GATEWAY",
        "spans",
        "remoteServices?serviceName=orders",
        "remoteServices?serviceName=gateway",
        "remoteServices?serviceName=nobody",
        "remoteServices",
        "autocompleteKeys",
        "autocompleteValues?key=x",
        "autocompleteValues",
        "dependencies?endTs=1700000010000&lookback=100000",
        "dependencies?endTs=1700000000050&lookback=100000",
        "dependencies?endTs=1700000010000&lookback=0",
        "dependencies",
    ];
    let names = names.map(|route| (route.to_owned(), sorted as Settle));
    let searches = [
        "",
        "&serviceName=orders",
        "&serviceName=GATEWAY&spanName=GET%20/Orders",
        "&serviceName=orders&spanName=select",
        "&serviceName=orders&spanName=take",
        "&serviceName=all",
        "&serviceName=orders&spanName=all",
        "&serviceName=orders&remoteServiceName=all",
        "&annotationQuery=error%3Dtrue",
        "&spanName=send",
        "&serviceName=orders&annotationQuery=error",
        "&serviceName=gateway&annotationQuery=error",
        "&annotationQuery=http.method%3DGET%20and%20error",
        "&annotationQuery=error%3Dnothing%20left",
        "&annotationQuery=Error%3Dx",
        "&annotationQuery=out%20of%20stock",
        "&minDuration=200000&maxDuration=400000",
        "&minDuration=400001",
        "&maxDuration=400000",
        "&minDuration=x",
        "&serviceName=orders&remoteServiceName=kafka",
        "&remoteServiceName=postgres",
        "&limit=1",
        "&limit=0",
        "&limit=-1",
    ];
    let searches = searches.map(|conditions| format!("traces?{time}{conditions}"));
    let traces = [
        "traces",
        "traces?endTs=x",
        "traces?endTs=0",
        "traces?endTs=1700000000050&lookback=100000",
        "traces?endTs=1700000010000&lookback=9000",
        "trace/000000000000000a000000000000000a",
        "trace/a",
        "trace/b",
        "trace/0000000000000000000000000000000b",
        "trace/d",
        "trace/ffff",
        "trace/xyz",
        "trace/0",
        "traceMany?traceIds=b,c",
        "traceMany?traceIds=c,b,ffff",
        "traceMany?traceIds=b",
        "traceMany?traceIds=b,b",
        "traceMany?traceIds=b,xyz",
        "traceMany?traceIds=",
        "traceMany",
    ];
    let told = searches.into_iter().chain(traces.map(str::to_owned));
    let all = names
        .into_iter()
        .chain(told.map(|route| (route, settled_zipkin as Settle)));
    let all: Vec<_> = all
        .map(|(route, settle)| (format!("/api/v2/{route}"), settle))
        .collect();
    assert_same(&zipkin, &lab, "/zipkin", &all);
    // Ids are taken in capitals too.
    let different = ("/api/v2/trace/B".to_owned(), (400, 0), (200, 1));
    assert_different(&zipkin, &lab, "/zipkin", &[different]);
}
