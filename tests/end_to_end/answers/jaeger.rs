//! Jaeger's routes, of the first and of the third version of its API.

use std::sync::Arc;

use prost::Message as _;
use serde_json::{Value, json};
use trace::{Attribute, Event, Kind, Link, Resource, Scope, Span, SpanId, Status, StatusCode, TraceId};

use super::{Different, Settle, assert_different, assert_same, lengthen_ids, sorted};
use crate::backends::Backend;
use crate::support::{Place, until};
use crate::turns::Turn;

const SECOND: u64 = 1_700_000_000_000_000_000;
const MILLISECOND: u64 = 1_000_000;

fn resource(service: &str) -> Arc<Resource> {
    Arc::new(Resource {
        attributes: vec![
            Attribute::new("service.name", service),
            Attribute::new("service.instance.id", format!("{service}-1")),
            Attribute::new("process.pid", 7),
        ],
        ..Resource::default()
    })
}

/// Three traces: one of a gateway that calls orders, which asks a database and fails; one of a message; and one with an id of
/// 64 bits.
fn spans() -> Vec<Span> {
    let scope = Arc::new(Scope {
        name: "shop".to_owned(),
        version: "1.2.3".to_owned(),
        ..Scope::default()
    });
    let span =
        |trace: u8, id: u8, parent: u8, service: &str, name: &str, kind: Kind, start: u64, length: u64| {
            Span {
                resource: resource(service),
                scope: Arc::clone(&scope),
                trace_id: TraceId([trace; 16]),
                span_id: SpanId([id; 8]),
                parent_span_id: (parent > 0).then_some(SpanId([parent; 8])),
                name: name.to_owned(),
                kind,
                start_unix_ns: SECOND + start * MILLISECOND,
                end_unix_ns: SECOND + (start + length) * MILLISECOND,
                ..Span::default()
            }
        };
    let list = trace::Value::Array(vec!["a".into(), "b".into()]);
    let mut root = span(1, 1, 0, "gateway", "GET /orders", Kind::SERVER, 0, 500);
    root.attributes = vec![
        Attribute::new("http.request.method", "GET"),
        Attribute::new("http.response.status_code", 500),
        Attribute::new("half", 0.5),
        Attribute::new("truth", true),
        Attribute::new("list", list),
        Attribute::new("large", (1_i64 << 53) + 1),
    ];
    root.trace_state = "shop=1".to_owned();
    let call = span(1, 2, 1, "gateway", "GET", Kind::CLIENT, 10, 400);
    let mut orders = span(1, 3, 2, "orders", "GET /orders", Kind::SERVER, 20, 300);
    orders.status = Status {
        code: StatusCode::ERROR,
        message: "nothing left".to_owned(),
    };
    orders.events = vec![Event {
        time_unix_ns: SECOND + 100 * MILLISECOND,
        name: "out of stock".to_owned(),
        attributes: vec![Attribute::new("product", 7)],
        ..Event::default()
    }];
    let mut query = span(1, 4, 3, "orders", "SELECT orders", Kind::CLIENT, 30, 100);
    query.attributes = vec![
        Attribute::new("db.system.name", "postgresql"),
        Attribute::new("db.query.text", "SELECT 1"),
    ];
    query.status.code = StatusCode::OK;
    let send = span(2, 5, 0, "orders", "send", Kind::PRODUCER, 1_000, 1);
    let mut take = span(2, 6, 5, "fulfilment", "take", Kind::CONSUMER, 1_100, 50);
    take.links = vec![Link {
        trace_id: Some(TraceId([1; 16])),
        span_id: Some(SpanId([3; 8])),
        ..Link::default()
    }];
    let inside = span(2, 7, 6, "fulfilment", "pack", Kind::INTERNAL, 1_110, 10);
    let mut old = span(3, 8, 0, "old", "job", Kind::UNSPECIFIED, 1_200, 10);
    old.trace_id = SHORT;
    old.flags = 1;
    vec![root, call, orders, query, send, take, inside, old]
}

/// An id as clients give them that know 64 bits only.
const SHORT: TraceId = TraceId([0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 3, 3, 3, 3, 3, 3]);

/// A Jaeger v1 answer with each span's process beside it, since the names of processes mean nothing, and without the spans'
/// flags, which Jaeger does not tell.
fn settled_v1(answer: &Value) -> Value {
    let mut answer = answer.clone();
    lengthen_ids(&mut answer);
    for trace in answer["data"].as_array_mut().into_iter().flatten() {
        let processes = trace["processes"].take();
        for span in trace["spans"].as_array_mut().into_iter().flatten() {
            let name = span["processID"].take();
            let mut process = processes[name.as_str().unwrap_or_default()].clone();
            process["tags"] = sorted(&process["tags"]);
            span["process"] = process;
            span["tags"] = sorted(&span["tags"]);
            span["flags"].take();
            for log in span["logs"].as_array_mut().into_iter().flatten() {
                log["fields"] = sorted(&log["fields"]);
            }
        }
        trace["spans"] = sorted(&trace["spans"]);
    }
    answer["data"] = sorted(&answer["data"]);
    answer
}

/// The spans of a Jaeger v3 answer with their resources and scopes beside them, since how they are grouped means nothing.
fn settled_v3(answer: &Value) -> Value {
    let mut spans = Vec::new();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for resource in list(&answer["result"]["resourceSpans"]) {
        for scope in list(&resource["scopeSpans"]) {
            for mut span in list(&scope["spans"]) {
                span["attributes"] = sorted(&span["attributes"]);
                spans.push(json!({
                    "resource": sorted(&resource["resource"]["attributes"]),
                    "scope": scope["scope"],
                    "span": span,
                }));
            }
        }
    }
    let mut rest = answer.clone();
    rest["result"] = sorted(&Value::Array(spans));
    rest
}

#[test]
fn jaegers_questions_are_answered_as_jaeger_does() {
    let _turn = Turn::beside_others();
    let place = Place::new();
    let Some(jaeger) = Backend::jaeger(&place) else {
        return;
    };
    let lab = Backend::lab(&place);
    let body = trace::otlp::encode::request(&spans()).encode_to_vec();
    for backend in [&jaeger, &lab] {
        backend.post("/v1/traces", "application/x-protobuf", body.clone());
    }
    let [first, second] = [TraceId([1; 16]), TraceId([2; 16])];
    // What Jaeger has acknowledged it may take a moment to store.
    for id in [first, second, SHORT] {
        until("Jaeger has the trace", || {
            (jaeger.get(&format!("/api/traces/{id}")).0 == 200).then_some(())
        });
    }
    assert_same(&jaeger, &lab, "/jaeger", &questions_v1(first, second));
    assert_different(&jaeger, &lab, "/jaeger", &different_v1(first));
    assert_same(&jaeger, &lab, "/jaeger", &questions_v3(first, second));
    assert_different(&jaeger, &lab, "/jaeger", &different_v3(first));
}

/// All of the time of the spans, in microseconds.
fn time_v1() -> String {
    let start = SECOND / 1_000 - 1;
    format!("start={start}&end={}&limit=20", start + 10_000_000)
}

/// A condition on tags, percent-encoded.
fn tag(key: &str, value: &str) -> String {
    format!("%7B%22{key}%22%3A%22{value}%22%7D")
}

fn questions_v1(first: TraceId, second: TraceId) -> Vec<(String, Settle)> {
    let data: Settle = |answer| {
        let mut answer = answer.clone();
        if answer["data"].is_array() {
            answer["data"] = sorted(&answer["data"]);
        }
        answer
    };
    let time = time_v1();
    let search = |conditions: &str| (format!("traces?{time}{conditions}"), settled_v1 as Settle);
    let names = [
        "services",
        "services/orders/operations",
        "services/nobody/operations",
        "operations?service=orders",
        "operations?service=orders&spanKind=server",
        "operations?service=old",
        "operations?service=nobody",
        "operations",
    ];
    let names = names.map(|route| (route.to_owned(), data));
    let nothing = "00000000000000000000000000000009";
    let traces = [
        format!("traces/{first}"),
        format!("traces/{second}"),
        format!("traces/{SHORT}"),
        format!("traces/{}", &SHORT.to_string()[16..]),
        format!("traces/{nothing}"),
        "traces/no-id".to_owned(),
        format!("traces?traceID={first}&traceID={second}"),
        format!("traces?traceID={first}&traceID={nothing}&traceID=8"),
        format!("traces?traceID={nothing}"),
        "traces?traceID=x".to_owned(),
    ];
    let traces = traces.map(|route| (route, settled_v1 as Settle));
    let searches = [
        search("&service=orders"),
        search("&service=old"),
        search("&service=orders&operation=send"),
        search("&service=orders&operation=all"),
        search("&service=nobody"),
        search(&format!("&service=orders&tags={}", tag("error", "true"))),
        search(&format!("&service=gateway&tags={}", tag("error", "true"))),
        search("&service=orders&tag=error:true"),
        search("&service=orders&tag=error"),
        search("&service=orders&tags=error"),
        search(&format!(
            "&service=gateway&tags={}",
            tag("http.response.status_code", "500")
        )),
        search(&format!("&service=gateway&tags={}", tag("half", "0.5"))),
        search(&format!("&service=orders&tags={}", tag("process.pid", "7"))),
        search(&format!("&service=orders&tags={}", tag("product", "7"))),
        search("&service=orders&minDuration=150ms"),
        search("&service=orders&maxDuration=2ms"),
        search("&service=orders&minDuration=2s&maxDuration=1s"),
        search("&service=orders&minDuration=x"),
        search(""),
    ];
    let dependencies = [
        "dependencies",
        "dependencies?endTs=x",
        "dependencies?endTs=1700000010000&lookback=x",
    ];
    let dependencies = dependencies.map(|route| (route.to_owned(), data));
    let all = names
        .into_iter()
        .chain(traces)
        .chain(searches)
        .chain(dependencies);
    all.map(|(route, settle)| (format!("/api/{route}"), settle))
        .collect()
}

fn different_v1(first: TraceId) -> Vec<Different> {
    let time = time_v1();
    let tagged =
        |key: &str, value: &str| format!("/api/traces?service=orders&{time}&tags={}", tag(key, value));
    vec![
        // Jaeger counts what a service does within itself as calls.
        (
            "/api/dependencies?endTs=1700000010000&lookback=3600000".to_owned(),
            (200, 5),
            (200, 2),
        ),
        // Fields of OpenTelemetry's are found by the names that Jaeger gives them.
        (tagged("span.kind", "client"), (200, 0), (200, 1)),
        (tagged("otel.status_code", "OK"), (200, 0), (200, 1)),
        (tagged("otel.scope.name", "shop"), (200, 0), (200, 2)),
        // Without a start, Jaeger looks at the last two days, and not at those before the end.
        (
            "/api/traces?service=orders&end=1700000010000000".to_owned(),
            (200, 0),
            (200, 2),
        ),
        // A question that is wrong.
        (
            "/api/traces?service=orders&limit=0".to_owned(),
            (500, 0),
            (400, 0),
        ),
        ("/api/traces/0".to_owned(), (404, 0), (400, 0)),
        // Parameters that would change nothing.
        (format!("/api/traces/{first}?raw=x"), (400, 0), (200, 1)),
        (format!("/api/traces/{first}?start=x"), (400, 0), (200, 1)),
    ]
}

/// All of the time of the spans, and how many traces at most. Jaeger fails where it is not told the latter.
const TIME_V3: &str = "query.start_time_min=2023-11-14T00:00:00Z&query.start_time_max=2023-11-15T00:00:00Z\
                       &query.num_traces=20";

fn questions_v3(first: TraceId, second: TraceId) -> Vec<(String, Settle)> {
    let services: Settle = |answer| sorted(&answer["services"]);
    let operations: Settle = |answer| sorted(&answer["operations"]);
    let names = [
        ("services", services),
        ("operations?service=orders", operations),
        ("operations?service=orders&span_kind=client", operations),
        ("operations?service=old", operations),
        ("operations?service=nobody", operations),
        ("operations", operations),
    ];
    let names = names.map(|(route, settle)| (route.to_owned(), settle));
    let traces = [
        format!("traces/{first}"),
        format!("traces/{first}?raw_traces=true"),
        format!("traces/{second}"),
        format!("traces/{SHORT}"),
        "traces/00000000000000000000000000000009".to_owned(),
        "traces/no-id".to_owned(),
    ];
    let half = tag("half", "0.5");
    let searches = [
        String::new(),
        "&query.service_name=orders".to_owned(),
        "&query.service_name=orders&query.operation_name=send".to_owned(),
        "&query.service_name=nobody".to_owned(),
        "&query.service_name=orders&query.duration_min=150ms".to_owned(),
        "&query.service_name=orders&query.duration_max=2ms".to_owned(),
        "&query.service_name=orders&query.duration_min=2s&query.duration_max=1s".to_owned(),
        "&query.service_name=orders&query.duration_min=x".to_owned(),
        format!("&query.service_name=gateway&query.attributes={half}"),
    ];
    let searches = searches.map(|conditions| format!("traces?{TIME_V3}{conditions}"));
    let wrong = [
        "traces?query.service_name=orders",
        "traces?query.start_time_min=x&query.start_time_max=y&query.num_traces=1",
        "traces?query.start_time_min=2023-11-14T00:00:00Z&query.start_time_max=2023-11-15T00:00:00Z&query.num_traces=x",
    ];
    let wrong = wrong.map(str::to_owned);
    let told = traces.into_iter().chain(searches).chain(wrong);
    let all = names
        .into_iter()
        .chain(told.map(|route| (route, settled_v3 as Settle)));
    all.map(|(route, settle)| (format!("/api/v3/{route}"), settle))
        .collect()
}

fn different_v3(first: TraceId) -> Vec<Different> {
    let time = "query.start_time_min=2023-11-14T00:00:00Z&query.start_time_max=2023-11-15T00:00:00Z";
    let different = [
        // This Jaeger knows some parameters by their names with underscores only.
        (
            "operations?service=orders&spanKind=client".to_owned(),
            (200, 3),
            (200, 1),
        ),
        // It does not search by attributes, as later ones do.
        (
            format!("traces?{TIME_V3}&query.service_name=orders&query.attributes={}", tag("half", "0.5")),
            (200, 0),
            (404, 0),
        ),
        // A question that is wrong, or not complete.
        (
            "traces?query.num_traces=1&query.start_time_min=2023-11-15T00:00:00Z&query.start_time_max=2023-11-14T00:00:00Z"
                .to_owned(),
            (404, 0),
            (400, 0),
        ),
        (format!("traces?{time}&query.num_traces=0"), (500, 0), (400, 0)),
        (format!("traces?{time}"), (500, 0), (200, 0)),
        ("traces/0".to_owned(), (404, 0), (400, 0)),
        // A parameter that would change nothing.
        (format!("traces/{first}?raw_traces=x"), (400, 0), (200, 0)),
    ];
    let all = different.into_iter();
    all.map(|(route, theirs, ours)| (format!("/api/v3/{route}"), theirs, ours))
        .collect()
}
