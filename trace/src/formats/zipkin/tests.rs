use super::*;
use crate::formats::{Format, Losses, Place, detect};
use crate::model::{Attribute, Kind, StatusCode, Value};
use crate::tree::Tree;

const V2: &str = include_str!("../../../tests/samples/zipkin-v2.json");
const V1: &str = include_str!("../../../tests/samples/zipkin-v1.json");

#[test]
fn version_2_is_read() {
    assert_eq!(detect(V2.as_bytes()), Some(Format::Zipkin));
    let spans = read(V2.as_bytes()).expect("a good file");
    let (client, server, root) = (&spans[0], &spans[1], &spans[2]);
    assert_eq!((client.service(), client.kind), ("gateway", Kind::CLIENT));
    assert_eq!(
        (client.start_unix_ns, client.duration_ns()),
        (1_556_604_172_355_737_000, 1_431_000)
    );
    assert_eq!(
        (client.status.code, client.status.message.as_str()),
        (StatusCode::ERROR, "connection reset")
    );
    for (key, text) in [
        ("peer.service", "orders"),
        ("network.peer.address", "10.0.0.2"),
        ("network.peer.port", "8080"),
        ("network.local.address", "10.0.0.1"),
        ("network.local.port", "51442"),
    ] {
        assert_eq!(client.attribute(key), Some(&Value::from(text)), "{key}");
    }
    assert_eq!(client.events[0].name, "wire.send");
    assert_eq!(
        client.events[1].attributes,
        [Attribute::new("attempt", 2_i64), Attribute::new("slow", true)]
    );
    assert_eq!(client.links[0].attributes, [Attribute::new("why", "batch")]);
    assert_eq!((server.kind, server.status.code), (Kind::SERVER, StatusCode::OK));
    assert_eq!(
        (server.scope.name.as_str(), server.trace_state.as_str()),
        ("shop.http", "vendor=1")
    );
    assert_eq!(server.dropped_events_count, 3);
    assert_eq!((root.kind, root.parent()), (Kind::INTERNAL, None));
    let tree = Tree::of(&spans);
    assert_eq!(
        (tree.parent(1), tree.parent(0)),
        (Some(0), Some(2)),
        "a shared span is below its client's"
    );
}

#[test]
fn what_it_writes_is_what_it_read() {
    let spans = read(V2.as_bytes()).expect("a good file");
    let mut losses = Losses::default();
    let json = write(&spans, &mut losses);
    assert_eq!(losses.to_string(), "");
    let text = String::from_utf8_lossy(&json);
    assert!(
        text.contains(r#""remoteEndpoint":{"serviceName":"orders","ipv4":"10.0.0.2","port":8080}"#),
        "{text}"
    );
    assert!(
        text.contains(r#""shared":true"#) && text.contains(r#""debug":true"#),
        "{text}"
    );
    assert_eq!(read(&json).expect("our own"), spans);
    let lists = [b"[", &json[..], b",", &json[..], b"]"].concat();
    assert_eq!(read(&lists).expect("a list of traces").len(), 6);
}

#[test]
fn version_1_is_read_with_both_sides_of_a_span() {
    assert_eq!(detect(V1.as_bytes()), Some(Format::ZipkinV1));
    let spans = v1::read(V1.as_bytes()).expect("a good file");
    let told: Vec<_> = spans
        .iter()
        .map(|span| {
            (
                span.service(),
                span.name.as_str(),
                span.kind,
                span.start_unix_ns / 1_000_000 % 1000,
                span.duration_ns() / 1_000_000,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("frontend", "get", Kind::SERVER, 467, 386),
            ("frontend", "query", Kind::CLIENT, 478, 354),
            ("backend", "query", Kind::SERVER, 480, 310),
            ("frontend", "render", Kind::UNSPECIFIED, 835, 15),
        ]
    );
    assert_eq!(spans[0].events.len(), 1, "what marks a side is no event");
    assert_eq!(spans[1].attribute("peer.service"), Some(&Value::from("backend")));
    assert_eq!(
        spans[2].attribute("rows"),
        Some(&Value::from("12")),
        "who said it has it"
    );
    assert_eq!(spans[3].attribute("lc"), Some(&Value::from("templates")));
    assert_eq!(Tree::of(&spans).roots().len(), 1);
}

#[test]
fn one_bad_span_does_not_spoil_a_request_but_it_does_a_file() {
    let bad = V2.replacen("352bff9a74ca9ad2", "352bff9a74ca9ad2ff", 1);
    let each = read_each(bad.as_bytes()).expect("JSON all the same");
    assert_eq!(each.iter().filter(|span| span.is_ok()).count(), 2);
    let error = read(bad.as_bytes()).expect_err("one is bad");
    assert_eq!(error.place, Place::Item(1));
    let wrong = read(V2.replacen("1431", "-1", 1).as_bytes()).expect_err("negative");
    assert!(matches!(wrong.place, Place::Line(9, _)), "{wrong}");
    for json in ["{", "[1]", "null", "[[1]]", "[{\"traceId\":1}]", ""] {
        assert!(
            read(json.as_bytes()).is_err() && v1::read(json.as_bytes()).is_err(),
            "{json}"
        );
    }
}
