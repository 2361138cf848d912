//! Jaeger's own clients, by which programs with OpenTracing are looked at: in packets to the agent and requests to the
//! collector; and OpenCensus' exporter to Jaeger.

use std::process::Command;

use serde_json::Value as Json;
use trace::{Attribute, Kind, Span, StatusCode, Value};

use crate::support::{Lab, javascript, named, python, run};

const SECOND: u64 = 1_700_000_000_000_000_000;
const MILLISECOND: u64 = 1_000_000;

/// The agent's address, as the clients' environment variables have it.
fn to_agent(command: &mut Command, lab: &Lab, listener: &str) {
    let address = lab.address(listener);
    command.env("JAEGER_AGENT_HOST", address.ip().to_string());
    command.env("JAEGER_AGENT_PORT", address.port().to_string());
}

/// The time, which these clients send in whole microseconds.
fn milliseconds(time: u64) -> f64 {
    (time - SECOND) as f64 / MILLISECOND as f64
}

/// Compares what both clients were told to send.
fn assert_known(spans: &[Span], sent: &Json) {
    for span in spans {
        assert_eq!(span.service(), "known");
        let environment = Value::find(&span.resource.attributes, "environment");
        assert_eq!(environment, Some(&Value::from("test")));
        // The client for JavaScript leaves leading zeros out.
        let sent = sent["spans"][&span.name].as_str().expect("sent");
        assert_eq!(span.span_id.to_string(), format!("{sent:0>16}"));
        assert_eq!(span.flags & 1, 1);
    }
    let (server, client) = (named(spans, "POST /orders"), named(spans, "SELECT orders"));
    assert_eq!((server.kind, server.parent()), (Kind::SERVER, None));
    assert_eq!(
        (
            milliseconds(server.start_unix_ns),
            milliseconds(server.end_unix_ns)
        ),
        (0.0, 500.0)
    );
    assert_eq!(
        (client.kind, client.parent()),
        (Kind::CLIENT, Some(server.span_id))
    );
    assert_eq!(
        (
            milliseconds(client.start_unix_ns),
            milliseconds(client.end_unix_ns)
        ),
        (250.0, 375.0)
    );
    assert_eq!(
        (server.status.code, client.status.code),
        (StatusCode::ERROR, StatusCode::UNSET)
    );
    for (key, value) in [
        ("text", Value::from("grüße, 世界")),
        ("truth", true.into()),
        ("half", 0.5.into()),
    ] {
        assert_eq!(server.attribute(key), Some(&value), "{key}");
    }
    let event = &server.events[0];
    assert_eq!(
        (event.name.as_str(), milliseconds(event.time_unix_ns)),
        ("out of stock", 125.0)
    );
    assert_eq!(event.attributes, [Attribute::new("product", "7")]);
    assert_eq!(
        (server.events.len(), client.events.len(), client.links.len()),
        (1, 0, 0)
    );
}

#[test]
fn jaegers_client_for_python_to_the_agent() {
    let Some(mut program) = python("opentracing_jaeger.py") else {
        return;
    };
    let lab = Lab::start();
    to_agent(&mut program, &lab, "jaeger_compact");
    let sent = run(&mut program);
    let spans = lab.spans(sent["trace"].as_str().expect("a trace"), 3);
    assert_known(&spans, &sent);
    let (server, follower) = (named(&spans, "POST /orders"), named(&spans, "process"));
    assert_eq!(server.attribute("whole"), Some(&42.into()));
    assert_eq!(
        (
            milliseconds(follower.start_unix_ns),
            milliseconds(follower.end_unix_ns)
        ),
        (750.0, 875.0)
    );
    assert_eq!(follower.links.len(), 1);
    let link = &follower.links[0];
    assert_eq!(
        (link.trace_id, link.span_id),
        (Some(server.trace_id), Some(server.span_id))
    );
}

#[test]
fn jaegers_client_for_javascript_to_the_agent() {
    let Some(mut program) = javascript("opentracing_jaeger.mjs") else {
        return;
    };
    let lab = Lab::start();
    to_agent(&mut program, &lab, "jaeger_binary");
    let sent = run(&mut program);
    // Its trace ids have 64 bits.
    assert_known(&lab.spans(sent["trace"].as_str().expect("a trace"), 2), &sent);
}

#[test]
fn jaegers_client_for_javascript_to_the_collector() {
    let Some(mut program) = javascript("opentracing_jaeger.mjs") else {
        return;
    };
    let lab = Lab::start();
    program.env(
        "JAEGER_ENDPOINT",
        format!("{}/api/traces", lab.url("jaeger_http")),
    );
    let sent = run(&mut program);
    assert_known(&lab.spans(sent["trace"].as_str().expect("a trace"), 2), &sent);
}

#[test]
fn opencensus_for_python_to_jaegers_agent() {
    let Some(mut program) = python("opencensus_jaeger.py") else {
        return;
    };
    let lab = Lab::start();
    to_agent(&mut program, &lab, "jaeger_compact");
    let sent = run(&mut program);
    let spans = lab.spans(sent["trace"].as_str().expect("a trace"), 2);
    assert_times(&spans, &sent);
    let (server, client) = (named(&spans, "POST /orders"), named(&spans, "SELECT orders"));
    assert_eq!(client.parent(), Some(server.span_id));
    for (key, value) in [
        ("text", Value::from("grüße, 世界")),
        ("whole", 42.into()),
        ("truth", true.into()),
    ] {
        assert_eq!(server.attribute(key), Some(&value), "{key}");
    }
    // OpenCensus tells an annotation's text as a field `message`, and kinds not at all.
    let fields = &server.events[0].attributes;
    assert_eq!(Value::find(fields, "message"), Some(&Value::from("out of stock")));
    assert_eq!(Value::find(fields, "product"), Some(&Value::from("7")));
}

/// Compares ids and times, which OpenCensus takes itself and which it was asked for.
pub fn assert_times(spans: &[Span], sent: &Json) {
    for span in spans {
        let sent = &sent["spans"][&span.name];
        assert_eq!(span.span_id.to_string(), sent["id"].as_str().expect("an id"));
        assert_eq!(Some(span.start_unix_ns / 1000), sent["start"].as_u64());
        assert_eq!(Some(span.end_unix_ns / 1000), sent["end"].as_u64());
        assert_eq!(
            span.events.first().map(|event| event.time_unix_ns / 1000),
            sent["event"].as_u64()
        );
        assert_eq!(span.service(), "known");
    }
}
