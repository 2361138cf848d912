//! Zipkin and Jaeger: messages that real clients sent, recorded byte for byte (`samples/`; the programs that sent
//! them are in `lab/tests/clients`), and everything that may be wrong with such messages.

use tokio::net::UdpSocket;
use trace::{Kind, StatusCode, Value};

use super::http::gzip;
use super::*;
use crate::receive::LARGEST;

const SECOND: u64 = 1_700_000_000_000_000_000;
const MILLISECOND: u64 = 1_000_000;

const COMPACT: &[u8] = include_bytes!("samples/jaeger-python.compact.thrift");
const BINARY: &[u8] = include_bytes!("samples/jaeger-javascript.binary.thrift");
const BATCH: &[u8] = include_bytes!("samples/jaeger-javascript.batch.thrift");
const OPENCENSUS: &[u8] = include_bytes!("samples/opencensus-python.compact.thrift");

const ZIPKIN: &[u8] = include_bytes!("samples/zipkin-python.v1.thrift");

const V2: &str = r#"[
    {"traceId":"00000000000000010000000000000002","id":"3","kind":"SERVER","name":"get /","timestamp":1700000000000001,
     "duration":250,"localEndpoint":{"serviceName":"shop"},"tags":{"http.path":"/"}},
    {"traceId":"00000000000000010000000000000002","parentId":"3","id":"4","name":"within",
     "localEndpoint":{"serviceName":"shop"}}]"#;
const V1: &str = r#"[{"traceId":"5","id":"6","name":"get /","timestamp":1700000000000001,"duration":250,"annotations":[
    {"value":"sr","timestamp":1700000000000001,"endpoint":{"serviceName":"shop"}},
    {"value":"ss","timestamp":1700000000000251,"endpoint":{"serviceName":"shop"}}]}]"#;

async fn post(
    lab: &Running,
    to: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<reqwest::Body>,
) -> reqwest::Response {
    let mut request = lab.client.post(format!("http://{}{path}", lab.address(to)));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).send().await.expect("an answer")
}

pub async fn send(lab: &Running, to: &str, packets: &[&[u8]]) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    for packet in packets {
        socket.send_to(packet, lab.address(to)).await.expect("sent");
    }
}

pub async fn until_counted(lab: &Running, protocol: &str, messages: u64) -> Json {
    until(async || lab.messages(protocol).await["messages"] == messages).await;
    lab.messages(protocol).await
}

pub fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    spans.iter().find(|span| span.name == name).expect(name)
}

pub fn window(span: &Span) -> (u64, u64) {
    (
        (span.start_unix_ns - SECOND) / MILLISECOND,
        (span.end_unix_ns - SECOND) / MILLISECOND,
    )
}

/// What both of Jaeger's clients were told to send.
fn assert_known(spans: &[Span]) {
    let (server, client) = (named(spans, "POST /orders"), named(spans, "SELECT orders"));
    assert_eq!(
        (server.kind, server.parent(), window(server)),
        (Kind::SERVER, None, (0, 500))
    );
    assert_eq!(
        (client.kind, client.parent()),
        (Kind::CLIENT, Some(server.span_id))
    );
    assert_eq!(window(client), (250, 375));
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
        (event.name.as_str(), event.time_unix_ns),
        ("out of stock", SECOND + 125 * MILLISECOND)
    );
    assert_eq!(event.attributes, [Attribute::new("product", "7")]);
    for span in spans {
        assert_eq!(span.service(), "known");
        let environment = Value::find(&span.resource.attributes, "environment");
        assert_eq!(environment, Some(&Value::from("test")));
    }
}

#[tokio::test]
async fn jaegers_clients_are_understood_in_packets_and_requests() {
    let lab = start(Setup::default()).await;
    send(&lab, "jaeger_compact", &[COMPACT, OPENCENSUS]).await;
    send(&lab, "jaeger_binary", &[BINARY]).await;
    let headers = [("content-type", "application/x-thrift")];
    let answer = post(
        &lab,
        "jaeger_http",
        "/api/traces?format=jaeger.thrift",
        &headers,
        BATCH,
    )
    .await;
    assert_eq!(answer.status(), 202);
    until_counted(&lab, "jaeger-compact", 2).await;
    until_counted(&lab, "jaeger-binary", 1).await;

    let python = lab.trace("33961be22282f0045c763cce6dbd7efd").await;
    assert_known(&python);
    assert_eq!(
        named(&python, "POST /orders").attribute("whole"),
        Some(&42.into())
    );
    let follower = named(&python, "process");
    assert_eq!((window(follower), follower.links.len()), ((750, 875), 1));
    assert_eq!(
        follower.links[0].span_id,
        Some(named(&python, "POST /orders").span_id)
    );
    assert_known(&lab.trace("00000000000000002e9f7c82e573b2c3").await);
    assert_known(&lab.trace("00000000000000002cae99125f99f18d").await);
    let census = lab.trace("9a3eb6878cf614d9d51a562066209523").await;
    let client = named(&census, "SELECT orders");
    assert_eq!(client.parent(), Some(named(&census, "POST /orders").span_id));
    assert_eq!(
        (client.start_unix_ns, client.duration_ns()),
        (1_795_212_797_684_323_000, 5_000)
    );
    assert_eq!(lab.counts().await, [9, 0, 0, 9, 0]);
}

#[tokio::test]
async fn zipkins_spans_are_taken_in_both_versions_and_any_encoding() {
    let lab = start(Setup::default()).await;
    let json = [("content-type", "application/json")];
    let answer = post(&lab, "zipkin", "/api/v2/spans", &json, V2).await;
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.text().await.expect("text").as_str()
        ),
        (202, "")
    );
    let spans = lab.trace("00000000000000010000000000000002").await;
    let root = named(&spans, "get /");
    assert_eq!(
        (root.kind, root.service(), root.duration_ns()),
        (Kind::SERVER, "shop", 250_000)
    );
    assert_eq!(root.start_unix_ns, SECOND + 1000);
    assert_eq!(named(&spans, "within").parent(), Some(root.span_id));

    assert_eq!(
        post(&lab, "zipkin", "/api/v1/spans", &json, V1).await.status(),
        202
    );
    let spans = lab.trace("00000000000000000000000000000005").await;
    assert_eq!((spans[0].kind, spans[0].duration_ns()), (Kind::SERVER, 250_000));

    // Compressed, in protobuf, and from a browser; the first is a resend, byte for byte.
    let packed = gzip(V2.as_bytes());
    let headers = [("content-encoding", "gzip"), ("content-type", "text/plain")];
    assert_eq!(
        post(&lab, "zipkin", "/api/v2/spans", &headers, packed)
            .await
            .status(),
        202
    );
    let id = [0_u8, 0, 0, 0, 0, 0, 0, 7];
    let span = [&[0x0a, 8], &id[..], &[0x1a, 8], &id, &[0x2a, 1, b'x']].concat();
    let list = [&[0x0a, span.len() as u8], &span[..]].concat();
    let headers = [("content-type", "application/x-protobuf")];
    assert_eq!(
        post(&lab, "zipkin", "/api/v2/spans", &headers, list)
            .await
            .status(),
        202
    );
    assert_eq!(lab.trace("00000000000000000000000000000007").await[0].name, "x");
    assert_eq!(lab.counts().await, [6, 2, 0, 4, 0]);
    assert_eq!(lab.messages("zipkin").await["taken"], 4);
}

#[tokio::test]
async fn zipkins_client_for_python_is_understood_in_thrift_also_where_otlp_is_taken() {
    let lab = start(Setup::default()).await;
    let thrift = [("content-type", "application/x-thrift")];
    let answer = post(&lab, "zipkin", "/api/v1/spans", &thrift, ZIPKIN).await;
    assert_eq!(answer.status(), 202);
    let spans = lab.trace("6553f1006d383d3e3b792e403f8d1d2c").await;
    let (server, client) = (named(&spans, "post /orders"), named(&spans, "select orders"));
    assert_eq!((server.kind, window(server)), (Kind::SERVER, (250, 1_250)));
    assert_eq!(
        (client.kind, client.parent(), window(client)),
        (Kind::CLIENT, Some(server.span_id), (500, 625))
    );
    assert_eq!(server.attribute("text"), Some(&"grüße, 世界".into()));
    assert_eq!(
        (server.events[0].name.as_str(), server.events.len()),
        ("out of stock", 1)
    );
    assert_eq!(client.attribute("network.peer.port"), Some(&"5432".into()));
    // The same, and Jaeger's, at OTLP's port, whose own routes are as they were.
    for (path, body) in [("/api/v1/spans", ZIPKIN), ("/api/traces", BATCH)] {
        let request = lab.client.post(format!("{}{path}", lab.otlp)).body(body);
        let answer = request
            .header("content-type", "application/x-thrift")
            .send()
            .await;
        assert_eq!(answer.expect("an answer").status(), 202, "{path}");
    }
    assert_eq!(lab.counts().await, [6, 2, 0, 4, 0]);
    let [zipkin, jaeger] = [lab.messages("zipkin").await, lab.messages("jaeger-http").await];
    assert_eq!((&zipkin["taken"], &jaeger["taken"]), (&2.into(), &1.into()));
}

#[tokio::test]
async fn a_bad_span_is_refused_alone_and_a_bad_request_as_a_whole() {
    let lab = start(Setup::default()).await;
    let json = [("content-type", "application/json")];
    let one_bad = V2.replace("\"id\":\"4\"", "\"id\":\"no hex\"");
    assert_eq!(
        post(&lab, "zipkin", "/api/v2/spans", &json, one_bad)
            .await
            .status(),
        202
    );
    assert_eq!(lab.counts().await, [2, 0, 1, 1, 0]);
    let thrift = [("content-type", "application/x-thrift")];
    for (to, path, headers, body, status, says) in [
        (
            "zipkin",
            "/api/v2/spans",
            json,
            "[{\"traceId\":\"\"}]",
            400,
            "traceId",
        ),
        ("zipkin", "/api/v2/spans", json, "{", 400, "EOF"),
        ("zipkin", "/api/v1/spans", thrift, "", 400, "cut short"),
        (
            "zipkin",
            "/api/v1/spans",
            [("content-type", "application/x-protobuf")],
            "",
            415,
            "to /api/v2/spans",
        ),
        (
            "jaeger_http",
            "/api/traces",
            json,
            "{}",
            415,
            "application/x-thrift",
        ),
        ("jaeger_http", "/api/traces", thrift, "", 400, "cut short"),
    ] {
        let answer = post(&lab, to, path, &headers, body).await;
        assert_eq!(answer.status(), status, "{to} {body}");
        let text = answer.text().await.expect("text");
        assert!(text.contains(says), "{text}");
    }
    assert_eq!(
        post(&lab, "zipkin", "/api/v3/spans", &json, "[]").await.status(),
        404
    );
    assert_eq!(lab.counts().await, [2, 0, 1, 1, 0]);
    let messages = lab.messages("zipkin").await;
    assert_eq!(
        (&messages["malformed"], &messages["spans_rejected"]),
        (&4.into(), &1.into())
    );
    let metrics = lab
        .client
        .get(format!("{}/metrics", lab.page))
        .send()
        .await
        .expect("an answer");
    let metrics = metrics.text().await.expect("text");
    assert!(
        metrics.contains("lab_messages_malformed_total{protocol=\"zipkin\"} 4"),
        "{metrics}"
    );
}

#[tokio::test]
async fn what_is_cut_at_any_byte_is_refused_and_counted() {
    let lab = start(Setup::default()).await;
    let thrift = [("content-type", "application/x-thrift")];
    for cut in 0..BATCH.len() {
        let answer = post(&lab, "jaeger_http", "/api/traces", &thrift, &BATCH[..cut]).await;
        assert_eq!(answer.status(), 400, "cut to {cut}");
    }
    let json = [("content-type", "application/json")];
    for cut in 0..V2.len() {
        let answer = post(&lab, "zipkin", "/api/v2/spans", &json, &V2[..cut]).await;
        assert_eq!(answer.status(), 400, "cut to {cut}");
    }
    for (to, protocol, packet) in [
        ("jaeger_compact", "jaeger-compact", COMPACT),
        ("jaeger_binary", "jaeger-binary", BINARY),
    ] {
        // A few at a time, so that none is lost for want of room.
        for (position, cuts) in (0..packet.len()).collect::<Vec<_>>().chunks(50).enumerate() {
            let cuts: Vec<&[u8]> = cuts.iter().map(|cut| &packet[..*cut]).collect();
            send(&lab, to, &cuts).await;
            until_counted(&lab, protocol, (position * 50 + cuts.len()) as u64).await;
        }
        let messages = lab.messages(protocol).await;
        assert_eq!(messages["malformed"], packet.len(), "{messages}");
        // Those that come after are served.
        send(&lab, to, &[packet]).await;
        assert_eq!(
            until_counted(&lab, protocol, packet.len() as u64 + 1).await["taken"],
            1
        );
    }
    assert_eq!(lab.counts().await, [5, 0, 0, 5, 0]);
}

#[tokio::test]
async fn bombs_and_pressure_are_refused_as_zipkin_and_jaeger_would() {
    let lab = start(Setup {
        under_way: 80 << 20,
        ..Setup::default()
    })
    .await;
    let bomb = gzip(&vec![b'['; LARGEST + 1]);
    for (to, path, content_type) in [
        ("zipkin", "/api/v2/spans", "application/json"),
        ("jaeger_http", "/api/traces", "application/x-thrift"),
    ] {
        let headers = [("content-type", content_type), ("content-encoding", "gzip")];
        assert_eq!(post(&lab, to, path, &headers, bomb.clone()).await.status(), 413);
    }
    let many = "[".to_owned() + &"{},".repeat(600_000) + "{}]";
    assert_eq!(
        post(&lab, "zipkin", "/api/v2/spans", &[], many).await.status(),
        413
    );
    let deep = "[".repeat(1_000_000);
    assert_eq!(
        post(&lab, "zipkin", "/api/v2/spans", &[], deep).await.status(),
        400
    );
    let lab = start(Setup {
        under_way: 100,
        ..Setup::default()
    })
    .await;
    let answer = post(&lab, "zipkin", "/api/v2/spans", &[], V2).await;
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.headers()["retry-after"].to_str().expect("text")
        ),
        (503, "1")
    );
    assert_eq!(lab.messages("zipkin").await["busy"], 1);
}

#[tokio::test]
async fn what_the_kernel_drops_is_said_where_it_says_so() {
    let lab = start(Setup::default()).await;
    let messages = lab.messages("jaeger-compact").await;
    if cfg!(target_os = "linux") {
        assert_eq!(messages["kernel_drops"], 0, "{messages}");
    }
    assert_eq!(lab.messages("zipkin").await.get("kernel_drops"), None);
}
