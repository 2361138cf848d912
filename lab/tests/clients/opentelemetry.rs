//! OpenTelemetry's SDKs for Python and JavaScript, over gRPC and HTTP.

use std::process::Command;

use crate::known::{self, Flags};
use crate::support::{Lab, javascript, python, run};

/// Sends the known set by each protocol and compares it whole.
fn each_protocol(program: impl Fn() -> Option<Command>, flags: &Flags) {
    let Some(_) = program() else { return };
    let lab = Lab::start();
    for (protocol, listener) in [
        ("grpc", "otlp_grpc"),
        ("http/protobuf", "otlp_http"),
        ("http/json", "otlp_http"),
    ] {
        let mut command = program().expect("as before");
        command
            .arg(protocol)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", lab.url(listener));
        // The one for Python must be told that it is not to expect TLS; the ones for HTTP see it in the URL.
        command.env("OTEL_EXPORTER_OTLP_INSECURE", "true");
        let sent = run(&mut command);
        let trace_id = sent["trace"].as_str().expect("a trace");
        let found = known::by_name(lab.spans(trace_id, 5));
        assert_eq!(found, known::spans(&sent, flags), "{protocol}");
    }
    let counts = lab.counts();
    assert_eq!(
        (&counts["received"], &counts["stored"]),
        (&15.into(), &15.into()),
        "{counts:#}"
    );
    assert_eq!(counts["by_protocol"]["otlp-grpc"]["taken"], 1, "{counts:#}");
    assert_eq!(counts["by_protocol"]["otlp-http"]["taken"], 2, "{counts:#}");
}

#[test]
fn python_over_grpc_protobuf_and_json() {
    let flags = Flags {
        span: 0x100,
        link: 0x300,
    };
    each_protocol(|| python("opentelemetry_sdk.py"), &flags);
}

#[test]
fn javascript_over_grpc_protobuf_and_json() {
    let flags = Flags {
        span: 0x101,
        link: 0x101,
    };
    each_protocol(|| javascript("opentelemetry.mjs"), &flags);
}
