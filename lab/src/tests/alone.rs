//! The lab by itself: files that it opens, and the token that it asks for.

use std::io::Write as _;

use trace::formats::{self, Format, Losses};

use super::*;

/// Opens a file with these bytes in a lab, and gives what it then counts.
fn opened(bytes: &[u8], memory: usize) -> [u64; 3] {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("traces");
    std::fs::write(&path, bytes).expect("written");
    let lab = Lab::new(memory, None, None);
    crate::files::read_all(crate::files::open(&[path]).expect("a known format"), &lab);
    let counts = lab.store().counts().total;
    [counts.received, counts.stored, counts.evicted]
}

#[test]
fn files_of_all_formats_are_opened_compressed_or_not() {
    let spans: Vec<Span> = (1..=300).map(|id| span("orders", 1, id, id - 1)).collect();
    for format in Format::all().filter(|format| format.is_read() && format.is_written()) {
        let plain = formats::write(format, &spans, &mut Losses::default());
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&plain).expect("in memory");
        let zstd = zstd::encode_all(&plain[..], 1).expect("in memory");
        for bytes in [plain, gzip.finish().expect("in memory"), zstd] {
            assert_eq!(opened(&bytes, 64 << 20), [300, 300, 0], "{format}");
        }
    }
}

#[test]
fn what_was_opened_is_remembered_with_when_its_spans_began() {
    let folder = tempfile::tempdir().expect("a folder");
    let lab = Lab::new(1 << 20, None, None);
    let paths: Vec<_> = [7, 8]
        .iter()
        .map(|trace| {
            let spans: Vec<Span> = (1..=3).map(|id| span("orders", *trace, id, id - 1)).collect();
            let mut lines = Vec::new();
            trace::otlp::json::write(&encode::resource_spans(&spans), &mut lines);
            let path = folder.path().join(format!("{trace}.jsonl"));
            std::fs::write(&path, lines).expect("written");
            path
        })
        .collect();
    crate::files::read_all(crate::files::open(&paths).expect("a known format"), &lab);
    let starts: Vec<u64> = (1..=3)
        .map(|id| span("orders", 7, id, id - 1).start_unix_ns)
        .collect();
    let all = lab.opened.all();
    assert_eq!(all.len(), 2);
    for (file, path) in all.iter().zip(&paths) {
        assert_eq!(file.name, path.display().to_string());
        assert_eq!(file.spans, 3);
        let bounds = (starts.iter().min().copied(), starts.iter().max().copied());
        assert_eq!((Some(file.from_unix_ns), Some(file.until_unix_ns)), bounds);
    }
}

#[test]
fn of_a_file_that_does_not_fit_the_end_is_kept() {
    let mut lines = Vec::new();
    for trace in 1..=500 {
        let spans: Vec<Span> = (1..=5).map(|id| span("orders", trace, id, id - 1)).collect();
        trace::otlp::json::write(&encode::resource_spans(&spans), &mut lines);
        lines.push(b'\n');
    }
    let [received, stored, evicted] = opened(&lines, 128 << 10);
    assert_eq!((received, stored + evicted), (2_500, 2_500));
    assert!(stored > 100 && evicted > 100, "{stored} {evicted}");
}

#[test]
fn what_stands_before_a_damaged_line_is_there() {
    let mut lines = Vec::new();
    for trace in 1..=3 {
        trace::otlp::json::write(
            &encode::resource_spans(&[span("orders", trace, 1, 0)]),
            &mut lines,
        );
        lines.push(b'\n');
    }
    lines.truncate(lines.len() - 20);
    assert_eq!(opened(&lines, 1 << 20), [2, 2, 0]);
}

#[test]
fn a_file_that_is_none_is_told_before_anything_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("traces");
    let missing = crate::files::open(std::slice::from_ref(&path))
        .err()
        .expect("missing");
    assert!(
        missing.code == 2 && missing.message.contains("traces"),
        "{missing}"
    );
    std::fs::write(&path, "not traces").expect("written");
    let unknown = crate::files::open(&[path]).err().expect("unknown");
    assert!(unknown.help.expect("help").contains("otlp-jsonl"));
}

#[tokio::test]
async fn with_a_token_only_those_get_in_who_say_it() {
    use tower::ServiceExt as _;
    let lab = Arc::new(Lab::new(1 << 20, None, None));
    let router = crate::token::required(crate::page::routes(lab, None).expect("no URL"), Some("secret"));
    for (said, status) in [
        (None, 401),
        (Some("Bearer secret"), 200),
        (Some("bearer secret"), 200),
        (Some("Bearer secre"), 401),
        (Some("Bearer secrets"), 401),
        (Some("Bearer "), 401),
        // me:secret, and me:other
        (Some("Basic bWU6c2VjcmV0"), 200),
        (Some("Basic bWU6b3RoZXI="), 401),
        (Some("Basic !"), 401),
    ] {
        let mut request = axum::http::Request::get("/livez");
        if let Some(said) = said {
            request = request.header("authorization", said);
        }
        let request = request.body(axum::body::Body::empty()).expect("a request");
        let answer = router.clone().oneshot(request).await.expect("an answer");
        assert_eq!(answer.status(), status, "{said:?}");
    }
}
