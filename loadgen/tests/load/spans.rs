//! Root spans on their way to an OTLP endpoint.

use std::sync::{Arc, Mutex};

use loadgen::{Ending, ExporterOptions};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use super::*;
use crate::server::{OK, Reply, Server};

#[test]
fn each_request_s_root_span_arrives_with_the_true_times() {
    let spans: Arc<Mutex<Vec<Span>>> = Arc::default();
    let endpoint = Server::start({
        let spans = Arc::clone(&spans);
        move |request| {
            assert!(
                request.head.starts_with("POST /v1/traces HTTP/1.1\r\n"),
                "{}",
                request.head
            );
            assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
            assert_eq!(request.header("x-key"), Some("secret"));
            let batch = ExportTraceServiceRequest::decode(&request.body[..]).expect("OTLP");
            for scope in batch
                .resource_spans
                .into_iter()
                .flat_map(|resource| resource.scope_spans)
            {
                spans.lock().expect("not poisoned").extend(scope.spans);
            }
            OK.into()
        }
    });
    let server = Server::start(|request| match request.number {
        3 => "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n".into(),
        _ => OK.into(),
    });
    let mut exporter = ExporterOptions::new(endpoint.target(), "one");
    exporter.headers.push(("x-key".to_owned(), "secret".to_owned()));
    let options = Options {
        exporter: Some(exporter),
        ..Options::default()
    };
    let (outcome, kept) = run(arrivals(60, MS * 5, "GET"), &server.target(), options);
    assert_eq!((outcome.spans.exported, outcome.spans.dropped), (60, 0));
    let spans = spans.lock().expect("not poisoned");
    assert_eq!(spans.len(), 60);
    for sample in &kept.samples {
        let span = spans
            .iter()
            .find(|span| span.trace_id == sample.trace_id)
            .expect("a span for each request");
        assert_eq!(span.span_id, sample.span_id);
        assert_eq!(
            span.start_time_unix_nano,
            outcome.started_unix_ns + sample.sent.as_nanos() as u64
        );
        assert_eq!(
            span.end_time_unix_nano,
            outcome.started_unix_ns + sample.done.as_nanos() as u64
        );
        assert_eq!(span.name, format!("GET /item/{}", sample.sequence));
        assert_eq!(span.status.is_some(), matches!(sample.ending, Ending::Failed(_)));
    }
}

#[test]
fn spans_that_nobody_takes_are_counted() {
    let server = Server::start(|_| OK.into());
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let gone = Target::parse(&format!("http://{}", listener.local_addr().expect("bound"))).expect("a target");
    drop(listener);
    let refuses = Server::start(|_| "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".into());
    let hangs = Server::start(|_| Reply::Silence);
    for endpoint in [gone, refuses.target(), hangs.target()] {
        let options = Options {
            exporter: Some(ExporterOptions::new(endpoint, "one")),
            flush: MS * 500,
            ..Options::default()
        };
        let (outcome, _) = run(arrivals(10, MS, "GET"), &server.target(), options);
        assert_eq!((outcome.completed, outcome.spans.ended), (10, 10));
        assert_eq!((outcome.spans.exported, outcome.spans.dropped), (0, 10));
    }
}

#[test]
fn an_endpoint_that_is_busy_is_asked_again() {
    let server = Server::start(|_| OK.into());
    let endpoint = Server::start(|request| match request.number {
        0 => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".into(),
        _ => OK.into(),
    });
    let exporter = Some(ExporterOptions::new(endpoint.target(), "one"));
    let options = Options {
        exporter,
        flush: MS * 5_000,
        ..Options::default()
    };
    let (outcome, _) = run(arrivals(10, MS, "GET"), &server.target(), options);
    assert_eq!((outcome.spans.exported, outcome.spans.dropped), (10, 0));
}

#[test]
fn a_full_queue_drops_and_counts() {
    let server = Server::start(|_| OK.into());
    let endpoint = Server::start(|_| Reply::Silence);
    let exporter = ExporterOptions {
        queue_spans: 5,
        ..ExporterOptions::new(endpoint.target(), "one")
    };
    let options = Options {
        exporter: Some(exporter),
        flush: MS * 50,
        ..Options::default()
    };
    let (outcome, _) = run(arrivals(20, MS, "GET"), &server.target(), options);
    assert_eq!((outcome.spans.exported, outcome.spans.dropped), (0, 20));
}

#[test]
fn a_stop_does_not_wait_long_for_an_endpoint_that_hangs() {
    let server = Server::start(|_| OK.into());
    let endpoint = Server::start(|_| Reply::Silence);
    let exporter = Some(ExporterOptions::new(endpoint.target(), "one"));
    let options = Options {
        exporter,
        flush: MS * 60_000,
        ..Options::default()
    };
    let (stop, plan, target) = (Stop::new(), arrivals(5, MS, "GET"), server.target());
    let (outcome, stopped_for) = std::thread::scope(|scope| {
        let load = scope.spawn(|| loadgen::run(plan, &target, options, (), &stop, &Progress::new()));
        endpoint.arrived.recv().expect("a batch arrives");
        stop.stop();
        let stopped = std::time::Instant::now();
        let (outcome, ()) = load.join().expect("no panic").expect("it runs");
        (outcome, stopped.elapsed())
    });
    assert_equations(&outcome);
    assert_eq!(outcome.spans.dropped, outcome.spans.ended);
    assert!(stopped_for < MS * 2_000, "{stopped_for:?}");
}
