//! X-Ray's daemon: a packet that the SDK for Python sent, recorded byte for byte (`lab/tests/clients/python/xray.py`), and
//! everything that may be wrong with such packets.

use trace::{Kind, StatusCode, Value};

use super::beside::{named, send, until_counted, window};
use super::*;

const PACKET: &[u8] = include_bytes!("samples/xray-python.packet");
const TRACE: &str = "6b0a40ebc8a947997b2c81fc407939ac";

const LINE: &str = r#"{"format": "json", "version": 1}"#;

#[tokio::test]
async fn a_segment_and_what_is_embedded_in_it_become_spans() {
    let lab = start(Setup::default()).await;
    send(&lab, "xray", &[PACKET]).await;
    assert_eq!(until_counted(&lab, "xray", 1).await["taken"], 1);
    let spans = lab.trace(TRACE).await;
    let [root, query, work, stored] =
        ["known", "SELECT orders", "work", "DynamoDB"].map(|name| named(&spans, name));
    assert_eq!(
        (root.kind, root.parent(), window(root)),
        (Kind::SERVER, None, (250, 1_250))
    );
    assert_eq!(
        (query.kind, query.parent(), window(query)),
        (Kind::CLIENT, Some(root.span_id), (500, 625))
    );
    assert_eq!(
        (work.kind, work.parent(), window(work)),
        (Kind::INTERNAL, Some(root.span_id), (750, 1_000))
    );
    assert_eq!(
        (stored.kind, stored.parent(), stored.duration_ns()),
        (Kind::CLIENT, Some(work.span_id), 62_500_000)
    );
    assert!(spans.iter().all(|span| span.service() == "known"));
    for (span, key, value) in [
        (root, "text", Value::from("grüße, 世界")),
        (root, "whole", 42.into()),
        (root, "http.request.method", "POST".into()),
        (root, "http.response.status_code", 500.into()),
        (query, "db.query.text", "SELECT 1".into()),
        (stored, "aws.operation", "PutItem".into()),
    ] {
        assert_eq!(span.attribute(key), Some(&value), "{key}");
    }
    assert_eq!(
        (work.status.code, work.status.message.as_str(), work.events.len()),
        (StatusCode::ERROR, "nothing left", 1)
    );
    assert_eq!(lab.counts().await, [4, 0, 0, 4, 0]);
}

#[tokio::test]
async fn what_is_no_packet_of_x_rays_is_refused_and_counted() {
    let lab = start(Setup::default()).await;
    let segment = r#"{"name":"shop","id":"00000000000000a1","trace_id":"1-6553f100-000000000000000000000007","start_time":1.5,"end_time":2}"#;
    let bad = [
        segment.to_owned(),
        LINE.to_owned(),
        format!("{LINE}\n"),
        format!("{LINE}\n{{}}"),
        format!("{LINE}\n[{segment}]"),
        format!("{LINE}\n{segment}{segment}"),
        format!("{{\"format\":\"json\",\"version\":2}}\n{segment}"),
        format!("{{\"format\":\"xml\",\"version\":1}}\n{segment}"),
        format!("{LINE}\n{}", segment.replace("00000000000000a1", "no hex")),
        format!("{LINE}\n{}", "[".repeat(60_000)),
        format!("{LINE}\n{}", "{\"subsegments\":[".repeat(3_000)),
    ];
    let all: Vec<&[u8]> = bad
        .iter()
        .map(String::as_bytes)
        .chain([&b"\xff\n\xff"[..]])
        .collect();
    send(&lab, "xray", &all).await;
    let messages = until_counted(&lab, "xray", all.len() as u64).await;
    assert_eq!(messages["malformed"], all.len(), "{messages}");
    assert_eq!(lab.counts().await, [0; 5]);
    // A subsegment without a start is refused alone, and whoever comes after is served.
    let with_bad = segment.replace(
        "\"end_time\":2",
        "\"end_time\":2,\"subsegments\":[{\"id\":\"00000000000000a2\"}]",
    );
    send(&lab, "xray", &[format!("{LINE}\n{with_bad}\n").as_bytes()]).await;
    let messages = until_counted(&lab, "xray", all.len() as u64 + 1).await;
    assert_eq!(
        (&messages["taken"], &messages["spans_rejected"]),
        (&1.into(), &1.into())
    );
    assert_eq!(lab.counts().await, [2, 0, 1, 1, 0]);
    let metrics = lab.client.get(format!("{}/metrics", lab.page)).send().await;
    let metrics = metrics.expect("an answer").text().await.expect("text");
    let counted = format!("lab_messages_malformed_total{{protocol=\"xray\"}} {}", all.len());
    assert!(metrics.contains(&counted), "{metrics}");
}

#[tokio::test]
async fn what_is_cut_at_any_byte_is_refused() {
    let lab = start(Setup::default()).await;
    // A few at a time, so that none is lost for want of room.
    for (position, cuts) in (0..PACKET.len()).collect::<Vec<_>>().chunks(50).enumerate() {
        let cuts: Vec<&[u8]> = cuts.iter().map(|cut| &PACKET[..*cut]).collect();
        send(&lab, "xray", &cuts).await;
        until_counted(&lab, "xray", (position * 50 + cuts.len()) as u64).await;
    }
    let messages = lab.messages("xray").await;
    assert_eq!(messages["malformed"], PACKET.len(), "{messages}");
    assert_eq!(lab.counts().await, [0; 5]);
}
