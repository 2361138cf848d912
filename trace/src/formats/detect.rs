//! Which format a file is, by what is in it.
//!
//! JSON is told by the keys of its first object, which is gone over without reading it: in one pass, without
//! recursion, however deep it is nested. Anything else that [`scan`] accepts is OTLP's protobuf.

use std::collections::BTreeSet;

use super::{Format, text, unpack};
use crate::otlp::scan;

/// How much of a compressed file is unpacked to look at it.
const BEGINNING: u64 = 4 * 1024 * 1024;

/// The format of a file, or of its beginning if that is all that is at hand; none if it is none of those that are read.
pub fn detect(bytes: &[u8]) -> Option<Format> {
    if unpack::is_packed(bytes) {
        let beginning = unpack::beginning(bytes, BEGINNING);
        return (!unpack::is_packed(&beginning))
            .then(|| detect(&beginning))
            .flatten();
    }
    // A request begins with a byte that is a line feed in text, and its length may look like a bracket.
    let protobuf = || scan::scan(bytes).is_ok_and(|groups| !groups.is_empty());
    if bytes.starts_with(b"\n") && protobuf() {
        return Some(Format::OtlpProtobuf);
    }
    let json = text(bytes).trim_ascii_start();
    match json.first()? {
        b'{' => object(&Skim::of(json), json),
        b'[' => list(&Skim::of(json), json),
        _ => protobuf().then_some(Format::OtlpProtobuf),
    }
}

fn object(skim: &Skim, json: &[u8]) -> Option<Format> {
    let has = |key: &str| skim.keys.contains(key);
    if has("resourceSpans") || has("resourceMetrics") || has("resourceLogs") {
        // A line that is whole before the line ends is a line of several; so is one that is too long to be seen whole.
        let first_line = json.split(|byte| *byte == b'\n').next().unwrap_or(json);
        let another = skim.end.is_some_and(|end| {
            !json[end..].trim_ascii().is_empty() || json.ends_with(b"\n") && end <= first_line.len()
        });
        let endless = skim.end.is_none() && first_line.len() == json.len();
        return Some(match another || endless {
            true => Format::OtlpJsonLines,
            false => Format::OtlpJson,
        });
    }
    if has("traceEvents") {
        return Some(Format::Chrome);
    }
    // The API's answers and requests, and the line that a daemon's client sends before a document.
    if has("Traces") || has("Segments") || has("TraceSegmentDocuments") || has("format") && has("version") {
        return Some(Format::Xray);
    }
    if has("data") || has("result") || has("spans") && has("processes") {
        return Some(Format::Jaeger);
    }
    span(skim)
}

fn list(skim: &Skim, json: &[u8]) -> Option<Format> {
    match json[1..].trim_ascii_start().first() {
        // An empty list is what Zipkin answers when it has no trace.
        Some(b']') => return Some(Format::Zipkin),
        // Documents as text are how X-Ray's API takes them.
        Some(b'"') => return Some(Format::Xray),
        _ => {}
    }
    if skim.keys.contains("spans") && skim.keys.contains("traceID") {
        return Some(Format::Jaeger);
    }
    span(skim)
}

/// The format whose span, segment or event the first object is.
fn span(skim: &Skim) -> Option<Format> {
    let has = |key: &str| skim.keys.contains(key);
    if has("traceId") && has("id") {
        let old = has("binaryAnnotations") || has("annotations") && skim.inner.contains("endpoint");
        return Some(if old { Format::ZipkinV1 } else { Format::Zipkin });
    }
    if has("ph") {
        return Some(Format::Chrome);
    }
    (has("id") && has("start_time") && has("trace_id")).then_some(Format::Xray)
}

/// The keys of the first object, those of the objects right inside of its lists, and where the document ends.
#[derive(Debug, Default)]
pub(super) struct Skim {
    pub keys: BTreeSet<String>,
    pub inner: BTreeSet<String>,
    pub end: Option<usize>,
}

impl Skim {
    /// Goes over a document that begins with a bracket. Nothing is checked: that is the reader's task.
    pub fn of(json: &[u8]) -> Self {
        let mut skim = Self::default();
        // The open brackets, and the depth of the first object; keys are looked at only close to it.
        let (mut open, mut first) = (Vec::new(), None);
        let mut at = 0;
        while let Some(byte) = json.get(at) {
            match byte {
                b'"' => {
                    let start = at + 1;
                    at = string_end(json, start);
                    let depth = open.len();
                    let key = json[(at + 1).min(json.len())..]
                        .trim_ascii_start()
                        .starts_with(b":");
                    if let (Some(first), true) = (first, key && open.last() == Some(&b'{')) {
                        let text = String::from_utf8_lossy(&json[start..at.min(json.len())]);
                        match depth.checked_sub(first) {
                            Some(0) if skim.keys.len() < 64 => drop(skim.keys.insert(text.into_owned())),
                            Some(2) if skim.inner.len() < 64 => drop(skim.inner.insert(text.into_owned())),
                            _ => {}
                        }
                    }
                }
                b'{' | b'[' => {
                    open.push(*byte);
                    if *byte == b'{' && first.is_none() {
                        first = Some(open.len());
                    }
                }
                b'}' | b']' => {
                    // Further objects of a list have keys of their own.
                    if first == Some(open.len()) && open.len() > 1 {
                        first = Some(usize::MAX);
                    }
                    open.pop();
                    if open.is_empty() {
                        skim.end = Some(at + 1);
                        return skim;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        skim
    }
}

/// The position of the quote that ends a text, or the end of the input.
fn string_end(json: &[u8], mut at: usize) -> usize {
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}
