//! AWS X-Ray's SDK for Python, to the daemon.

use trace::{Attribute, Kind, StatusCode, Value};

use crate::support::{Lab, named, python, run};

const SECOND: u64 = 1_700_000_000_000_000_000;

#[test]
fn x_rays_sdk_for_python() {
    if python("xray.py").is_none() {
        return;
    }
    let lab = Lab::start();
    // One segment with all that happened below it, and each subsegment by itself as soon as it has ended.
    for how in ["whole", "stream"] {
        let mut program = python("xray.py").expect("as before");
        program.arg(how);
        program.env("AWS_XRAY_DAEMON_ADDRESS", lab.address("xray").to_string());
        let sent = run(&mut program);
        let spans = lab.spans(sent["trace"].as_str().expect("a trace"), 4);
        for (name, kind, parent, start, end) in [
            ("known", Kind::SERVER, None, 250_000, 1_250_000),
            ("SELECT orders", Kind::CLIENT, Some("known"), 500_000, 625_000),
            ("work", Kind::INTERNAL, Some("known"), 750_000, 1_000_000),
            ("DynamoDB", Kind::CLIENT, Some("work"), 812_500, 875_000),
        ] {
            let span = named(&spans, name);
            assert_eq!(
                span.span_id.to_string(),
                sent["spans"][name].as_str().expect("sent")
            );
            assert_eq!(span.kind, kind, "{name}");
            assert_eq!(
                span.parent(),
                parent.map(|parent| named(&spans, parent).span_id),
                "{name}"
            );
            let micros = |time: u64| (time - SECOND) / 1_000;
            assert_eq!(
                (micros(span.start_unix_ns), micros(span.end_unix_ns)),
                (start, end),
                "{name}"
            );
            // A subsegment by itself does not say whose it is.
            let service = if how == "whole" || name == "known" {
                "known"
            } else {
                "unknown_service"
            };
            assert_eq!(span.service(), service, "{name}");
        }
        let [root, query, work, stored] =
            ["known", "SELECT orders", "work", "DynamoDB"].map(|name| named(&spans, name));
        for (span, key, value) in [
            (root, "text", Value::from("grüße, 世界")),
            (root, "truth", true.into()),
            (root, "whole", 42.into()),
            (root, "half", 0.5.into()),
            (root, "enduser.id", "u-7".into()),
            (root, "http.request.method", "POST".into()),
            (root, "url.full", "http://shop.example/orders".into()),
            (root, "user_agent.original", "tests".into()),
            (root, "client.address", "192.0.2.7".into()),
            (root, "http.response.status_code", 500.into()),
            (root, "http.response.body.size", 17.into()),
            (query, "db.query.text", "SELECT 1".into()),
            (query, "db.system.name", "postgresql".into()),
            (stored, "aws.operation", "PutItem".into()),
            (stored, "aws.table_name", "orders".into()),
        ] {
            assert_eq!(span.attribute(key), Some(&value), "{key}");
        }
        let items = Value::Array(vec![1.into(), "two".into()]);
        let cart = root.attribute("aws.xray.metadata.cart").expect("metadata");
        assert_eq!(cart, &Value::Map(vec![Attribute::new("items", items)]));
        let version = Value::find(&root.resource.attributes, "service.version");
        assert_eq!(version, Some(&"1.2.3".into()));
        for (span, code) in [
            (root, StatusCode::ERROR),
            (query, StatusCode::UNSET),
            (work, StatusCode::ERROR),
            (stored, StatusCode::UNSET),
        ] {
            assert_eq!(span.status.code, code, "{}", span.name);
        }
        let exception = &work.events[0];
        assert_eq!((work.events.len(), exception.name.as_str()), (1, "exception"));
        for (key, value) in [
            ("exception.type", "ValueError"),
            ("exception.message", "nothing left"),
            ("exception.stacktrace", "at take (stock.py:7)"),
        ] {
            assert_eq!(
                Value::find(&exception.attributes, key),
                Some(&value.into()),
                "{key}"
            );
        }
    }
    let messages = &lab.counts()["by_protocol"]["xray"];
    assert_eq!(
        (&messages["taken"], &messages["malformed"]),
        (&5.into(), &0.into())
    );
}
