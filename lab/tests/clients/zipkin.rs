//! Zipkin's own client for JavaScript, in both versions of the format, one for Python that speaks Thrift, and OpenCensus'
//! exporter to Zipkin.

use serde_json::Value as Json;
use trace::{Attribute, Kind, Span, StatusCode, Value};

use crate::opentracing::assert_times;
use crate::support::{Lab, javascript, named, python, run};

#[test]
fn zipkins_client_for_javascript() {
    if javascript("zipkin.mjs").is_none() {
        return;
    }
    let lab = Lab::start();
    for version in ["v1", "v2"] {
        let mut program = javascript("zipkin.mjs").expect("as before");
        program.arg(version);
        program.env(
            "ZIPKIN_ENDPOINT",
            format!("{}/api/{version}/spans", lab.url("zipkin")),
        );
        let sent = run(&mut program);
        let posted = sent["posted"].as_array().expect("a list");
        let spans = lab.spans(posted[0]["traceId"].as_str().expect("an id"), 2);
        for span in &spans {
            assert_posted(span, posted);
        }
        let (server, client) = (named(&spans, "post /orders"), named(&spans, "select orders"));
        assert_eq!((server.kind, server.parent()), (Kind::SERVER, None), "{version}");
        assert_eq!(
            (client.kind, client.parent()),
            (Kind::CLIENT, Some(server.span_id))
        );
        assert_eq!(server.attribute("http.path"), Some(&"/orders".into()));
        assert_eq!(
            server.attribute("network.local.address"),
            Some(&"192.0.2.1".into())
        );
        assert_eq!(server.attribute("network.local.port"), Some(&"8080".into()));
        assert_eq!(
            (server.status.code, server.status.message.as_str()),
            (StatusCode::ERROR, "nothing left")
        );
        assert_eq!(server.events.len(), 1, "{version}: {server:#?}");
        assert_eq!(server.events[0].name, "out of stock");
        assert_eq!(client.attribute("peer.service"), Some(&"database".into()));
        assert_eq!(
            client.attribute("network.peer.address"),
            Some(&"192.0.2.2".into())
        );
        assert_eq!(client.attribute("network.peer.port"), Some(&"5432".into()));
        assert_eq!(client.status.code, StatusCode::UNSET);
    }
    assert_eq!(lab.counts()["by_protocol"]["zipkin"]["malformed"], 0);
}

/// Ids and times, which the client takes itself, are those that it posted.
fn assert_posted(span: &Span, posted: &[Json]) {
    let sent = posted
        .iter()
        .find(|sent| sent["name"] == span.name.as_str())
        .expect("posted");
    assert_eq!(
        span.trace_id.to_string(),
        sent["traceId"].as_str().expect("an id")
    );
    assert_eq!(span.span_id.to_string(), sent["id"].as_str().expect("an id"));
    assert_eq!(
        Some(span.start_unix_ns),
        sent["timestamp"].as_u64().map(|time| time * 1000)
    );
    assert_eq!(
        Some(span.duration_ns()),
        sent["duration"].as_u64().map(|time| time * 1000)
    );
    assert_eq!(span.service(), "known");
}

#[test]
fn opencensus_for_python() {
    let Some(mut program) = python("opencensus_zipkin.py") else {
        return;
    };
    let lab = Lab::start();
    let address = lab.address("zipkin");
    program
        .env("ZIPKIN_HOST", address.ip().to_string())
        .env("ZIPKIN_PORT", address.port().to_string());
    let sent = run(&mut program);
    let spans = lab.spans(sent["trace"].as_str().expect("a trace"), 2);
    assert_times(&spans, &sent);
    let (server, client) = (named(&spans, "POST /orders"), named(&spans, "SELECT orders"));
    assert_eq!((server.kind, server.parent()), (Kind::SERVER, None));
    assert_eq!(
        (client.kind, client.parent()),
        (Kind::CLIENT, Some(server.span_id))
    );
    assert_eq!(server.events[0].name, "out of stock");
    // All values are text in Zipkin.
    for (key, value) in [("text", "grüße, 世界"), ("whole", "42"), ("truth", "True")] {
        assert_eq!(server.attribute(key), Some(&Value::from(value)), "{key}");
    }
    assert!(!client.attributes.contains(&Attribute::new("whole", "42")));
}

#[test]
fn yelps_client_for_python_in_thrift() {
    let Some(mut program) = python("zipkin.py") else {
        return;
    };
    let lab = Lab::start();
    program.env("ZIPKIN_ENDPOINT", format!("{}/api/v1/spans", lab.url("zipkin")));
    let sent = run(&mut program);
    let spans = lab.spans(sent["trace"].as_str().expect("a trace"), 2);
    let (server, client) = (named(&spans, "post /orders"), named(&spans, "select orders"));
    const MILLISECOND: u64 = 1_000_000;
    let second = 1_700_000_000_000 * MILLISECOND;
    for (span, kind, parent, start, end) in [
        (server, Kind::SERVER, None, 250, 1_250),
        (client, Kind::CLIENT, Some(server.span_id), 500, 625),
    ] {
        assert_eq!(
            span.span_id.to_string(),
            sent["spans"][&span.name].as_str().expect("sent")
        );
        assert_eq!(
            (span.kind, span.parent(), span.service()),
            (kind, parent, "known")
        );
        let times = [span.start_unix_ns, span.end_unix_ns].map(|time| (time - second) / MILLISECOND);
        assert_eq!(times, [start, end], "{}", span.name);
    }
    for (span, key, value) in [
        (server, "http.path", "/orders"),
        (server, "text", "grüße, 世界"),
        (server, "network.local.address", "192.0.2.1"),
        (server, "network.local.port", "8080"),
        (client, "peer.service", "database"),
        (client, "network.peer.address", "192.0.2.2"),
        (client, "network.peer.port", "5432"),
    ] {
        assert_eq!(span.attribute(key), Some(&value.into()), "{key}");
    }
    assert_eq!(
        (client.status.code, client.status.message.as_str()),
        (StatusCode::ERROR, "nothing left")
    );
    assert_eq!(
        (
            server.events.len(),
            server.events[0].name.as_str(),
            server.events[0].time_unix_ns
        ),
        (1, "out of stock", second + 500 * MILLISECOND)
    );
}
