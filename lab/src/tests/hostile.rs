//! OTLP as nobody should send it: each is refused or taken within bounded time and memory, and others are served meanwhile.

use tokio::io::AsyncWriteExt as _;

use super::*;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

fn length_delimited(number: u8, inner: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    prost::encoding::encode_varint(inner.len() as u64, &mut out);
    out.extend_from_slice(inner);
    out
}

/// A request with one span whose one attribute has this value's message.
fn with_value(value: &[u8]) -> Vec<u8> {
    let attribute = [length_delimited(1, b"key"), length_delimited(2, value)].concat();
    let span = [
        length_delimited(1, &[1; 16]),
        length_delimited(2, &[1; 8]),
        length_delimited(9, &attribute),
    ];
    length_delimited(1, &length_delimited(2, &length_delimited(2, &span.concat())))
}

#[tokio::test]
async fn values_nested_without_end_are_refused() {
    let lab = start(Setup::default()).await;
    for depth in [100, 100_000] {
        // An array in an array, fields 5 and 1 by turns, written from the inside out.
        let mut reversed: Vec<u8> = Vec::new();
        for number in [1, 5].repeat(depth) {
            let mut head = vec![number << 3 | 2];
            prost::encoding::encode_varint(reversed.len() as u64, &mut head);
            reversed.extend(head.iter().rev());
        }
        reversed.reverse();
        assert_eq!(lab.post(with_value(&reversed)).await.status(), 400, "{depth}");
    }
    // Groups, an old form that has no lengths.
    assert_eq!(lab.post(vec![15 << 3 | 3; 100_000]).await.status(), 400);
    for (open, close) in [
        (r#"{"arrayValue":{"values":["#, "]}}"),
        (r#"{"kvlistValue":{"values":[{"key":"k","value":"#, "}]}}"),
        ("[", "]"),
    ] {
        let value = open.repeat(100_000) + "{}" + &close.repeat(100_000);
        let json = format!(
            r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"attributes":[{{"key":"k","value":{value}}}]}}]}}]}}]}}"#
        );
        assert_eq!(lab.send(json, JSON, None).await.status(), 400, "{open}");
    }
    assert_eq!(lab.counts().await, [0; 5]);
    // What nobody knows is passed over, however deep it is.
    let unknown = format!(
        r#"{{"unknown":{}1{}}}"#,
        r#"{"a":["#.repeat(100_000),
        "]}".repeat(100_000)
    );
    assert_eq!(lab.send(unknown, JSON, None).await.status(), 200);
    assert_eq!(lab.counts().await, [0; 5]);
}

#[tokio::test]
async fn lengths_that_lie_are_refused_at_once() {
    let lab = start(Setup::default()).await;
    for length in [100, 1 << 20, u64::from(u32::MAX), u64::MAX] {
        let mut request = vec![1 << 3 | 2];
        prost::encoding::encode_varint(length, &mut request);
        request.extend_from_slice(&[0; 50]);
        assert_eq!(lab.post(request).await.status(), 400, "{length}");
    }
    // More promised than is taken: refused before a byte of it has come.
    let address = lab.otlp.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("listens");
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: lab\r\ncontent-type: {PROTOBUF}\r\ncontent-length: {}\r\n\r\n",
        u64::MAX
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = [0; 12];
    let read = tokio::io::AsyncReadExt::read_exact(&mut stream, &mut answer);
    tokio::time::timeout(Duration::from_secs(5), read)
        .await
        .expect("at once")
        .expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 4"), "{answer:?}");
    assert_eq!(lab.counts().await, [0; 5]);
}

#[tokio::test]
async fn text_that_is_none_and_ids_of_any_length_are_refused() {
    let lab = start(Setup::default()).await;
    for bad in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80"] {
        let span = [
            length_delimited(1, &[1; 16]),
            length_delimited(2, &[1; 8]),
            length_delimited(5, bad),
        ];
        let request = length_delimited(1, &length_delimited(2, &length_delimited(2, &span.concat())));
        assert_eq!(lab.post(request).await.status(), 400, "{bad:?}");
        let json = [br#"{"resourceSpans":[{"schemaUrl":""#, bad, br#""}]}"#].concat();
        assert_eq!(lab.send(json, JSON, None).await.status(), 400, "{bad:?}");
    }
    let mut sent = 0;
    for trace_id in [0, 1, 15, 17, 1000, 100_000] {
        for span_id in [0, 7, 9, 100_000] {
            let mut request = trace::otlp::encode::request(&siblings("orders", 1, 1..=2));
            let spans = &mut request.resource_spans[0].scope_spans[0].spans;
            spans[0].trace_id = vec![1; trace_id];
            spans[1].span_id = vec![1; span_id];
            assert_eq!(lab.post(request.encode_to_vec()).await.status(), 200);
            sent += 2;
        }
    }
    assert_eq!(lab.counts().await, [sent, 0, sent, 0, 0]);
}

#[tokio::test]
async fn a_name_of_ten_megabytes_and_a_million_attributes_are_kept_within_the_budget() {
    let lab = start(Setup {
        memory: 64 << 20,
        ..Setup::default()
    })
    .await;
    let mut large = span(&"s".repeat(10 << 20), 1, 1, 0);
    large.name = "n".repeat(10 << 20);
    assert_eq!(lab.post(body(&[large])).await.status(), 200);
    let mut many = span("orders", 2, 1, 0);
    many.attributes = (0..1_000_000).map(|number| Attribute::new("k", number)).collect();
    assert_eq!(lab.post(body(&[many])).await.status(), 200);
    // More empty values than a request may have messages.
    let array = length_delimited(5, &length_delimited(1, &[]).repeat(5_000_000));
    assert_eq!(lab.post(with_value(&array)).await.status(), 413);
    assert_eq!(lab.post(body(&[span("orders", 3, 1, 0)])).await.status(), 200);
    let counts = lab.get("/lab/spans").await;
    assert_eq!(
        (&counts["received"], &counts["rejected"]),
        (&3.into(), &0.into()),
        "{counts}"
    );
    let used = counts["memory"]["used_bytes"].as_u64().expect("a number");
    assert!(used <= 64 << 20, "{used}");
}

#[tokio::test]
async fn a_thousand_idle_connections_leave_room_for_others() {
    // Both ends are in this process.
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let enough = rustix::process::Rlimit {
        current: limit.maximum,
        ..limit
    };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Nofile, enough);
    let lab = start(Setup::default()).await;
    let mut idle = Vec::new();
    for url in [&lab.otlp, &lab.grpc] {
        for _ in 0..1000 {
            let address = url.trim_start_matches("http://");
            idle.push(tokio::net::TcpStream::connect(address).await.expect("listens"));
        }
    }
    let served = async {
        assert_eq!(lab.post(body(&[span("orders", 1, 1, 0)])).await.status(), 200);
        assert_eq!(lab.counts().await, [1, 0, 0, 1, 0]);
    };
    tokio::time::timeout(Duration::from_secs(10), served)
        .await
        .expect("at once");
}
