//! The record.

use std::fs::File;
use std::path::Path;

use trace::otlp::lines::Lines;

use super::*;

fn read(path: &Path) -> Vec<Span> {
    let lines = Lines::new(File::open(path).expect("the record")).expect("readable");
    lines.flat_map(|line| line.expect("a whole line").spans).collect()
}

#[tokio::test]
async fn the_record_holds_every_new_span_once_evicted_or_not() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["traces.otlp.jsonl.zst", "traces.otlp.jsonl"] {
        let path = folder.path().join(name);
        let recorder = Some(Recorder::start(&path, false).expect("a new file"));
        let lab = start(Setup {
            memory: 32 << 10,
            recorder,
            ..Setup::default()
        })
        .await;
        let spans: Vec<_> = (1..=200).map(|trace| span("orders", trace, 1, 0)).collect();
        for span in &spans {
            let mut request = trace::otlp::encode::request([
                span,
                span,
                &Span {
                    span_id: SpanId([9; 8]),
                    ..span.clone()
                },
            ]);
            request.resource_spans[0].scope_spans[0].spans[2].span_id.clear();
            lab.post(prost::Message::encode_to_vec(&request)).await;
        }
        let [received, duplicates, rejected, _, evicted] = lab.counts().await;
        assert!(evicted > 0);
        let report = lab.lab.recorder.as_ref().expect("recording").finish();
        assert_eq!(read(&path), spans);
        assert_eq!(
            (report.written, report.failed, report.error),
            (received - duplicates - rejected, 0, None)
        );
        assert_eq!(lab.get("/lab/spans").await["record"]["written"], 200);
    }
}

#[tokio::test]
async fn a_record_can_be_read_while_it_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("traces.otlp.jsonl.zst");
    let recorder = Some(Recorder::start(&path, false).expect("a new file"));
    let lab = start(Setup {
        recorder,
        ..Setup::default()
    })
    .await;
    lab.post(body(&[span("orders", 1, 1, 0)])).await;
    let readable = async || {
        let lines = File::open(&path).ok().and_then(|file| Lines::new(file).ok());
        lines.is_some_and(|mut lines| lines.next().is_some_and(|line| line.is_ok()))
    };
    until(readable).await;
}

#[tokio::test]
async fn logs_and_metrics_are_recorded_if_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder =
        Some(Recorder::start(&folder.path().join("traces.otlp.jsonl.zst"), true).expect("new files"));
    let lab = start(Setup {
        recorder,
        ..Setup::default()
    })
    .await;
    let text = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hello"}}]}]}]}"#;
    let request = lab
        .client
        .post(format!("{}/v1/logs", lab.otlp))
        .header("content-type", "application/json");
    assert_eq!(request.body(text).send().await.expect("an answer").status(), 200);
    lab.lab.recorder.as_ref().expect("recording").finish();
    let file = File::open(folder.path().join("logs.otlp.jsonl.zst")).expect("the logs");
    let line = String::from_utf8(zstd::decode_all(file).expect("zstd")).expect("text");
    assert!(line.contains("hello") && line.ends_with('\n'), "{line}");
    assert!(folder.path().join("metrics.otlp.jsonl.zst").exists());
}

#[tokio::test]
async fn a_full_disk_is_counted_and_said_and_receiving_goes_on() {
    // Every write to this device fails as on a full disk.
    let recorder = Some(Recorder::start(Path::new("/dev/full"), false).expect("opens"));
    let lab = start(Setup {
        recorder,
        ..Setup::default()
    })
    .await;
    assert_eq!(lab.post(body(&[span("orders", 1, 1, 0)])).await.status(), 200);
    until(async || lab.get("/lab/spans").await["record"]["error"].is_string()).await;
    assert_eq!(lab.post(body(&[span("orders", 2, 1, 0)])).await.status(), 200);
    let report = lab.lab.recorder.as_ref().expect("recording").finish();
    assert!(report.error.is_some_and(|error| error.contains("No space left")));
    assert_eq!(lab.counts().await, [2, 0, 0, 2, 0]);
}

#[test]
fn a_record_that_cannot_be_created_is_a_failure_that_says_where() {
    let failure = Recorder::start(Path::new("/nowhere/at/all.zst"), false)
        .err()
        .expect("no such folder");
    assert_eq!(failure.code, 3);
    assert!(
        failure.message.starts_with("--record /nowhere/at/all.zst: "),
        "{failure}"
    );
}
