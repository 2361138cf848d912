//! Trace files: which format one is, how it is read, and what is lost when another is written.
//!
//! | format | module |
//! |---|---|
//! | OTLP: protobuf, JSON, JSON lines | [`otlp`](crate::otlp), which loses nothing |
//! | Jaeger's JSON | [`jaeger`] |
//! | Zipkin's JSON, v2 and v1 | [`zipkin`] |
//! | Chrome's trace events | [`chrome`] |
//! | AWS X-Ray's segment documents | [`xray`] |
//! | folded stacks, written only | [`folded`] |
//!
//! Readers take whatever the formats allow and make nothing up: what has a place in the model goes there, the rest
//! becomes attributes. Writers count in [`Losses`] what the format cannot say. Nothing here does I/O.

pub mod chrome;
mod decimal;
mod detect;
mod error;
pub mod folded;
mod ids;
pub mod jaeger;
mod losses;
pub mod native;
mod otlp;
pub mod shared;
mod sidecar;
pub(crate) mod tags;
pub mod thrift;
pub mod unpack;
pub mod xray;
pub mod zipkin;

use std::fmt;
use std::str::FromStr;

pub use detect::detect;
pub use error::{Place, ReadError};
pub use losses::Losses;

use crate::model::Span;

/// The formats of trace files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// An `ExportTraceServiceRequest`.
    OtlpProtobuf,
    /// The same as one JSON document.
    OtlpJson,
    /// The same, one document a line: the Collector's file exporter.
    OtlpJsonLines,
    /// Jaeger's page and API.
    Jaeger,
    /// Zipkin's v2 JSON.
    Zipkin,
    /// Zipkin's v1 JSON. Read only: v2 has replaced it.
    ZipkinV1,
    /// Chrome's trace events.
    Chrome,
    /// AWS X-Ray's segment documents.
    Xray,
    /// Folded stacks. Written only.
    Folded,
}

/// All of them with their names on the command line.
const NAMES: [(Format, &str); 9] = [
    (Format::OtlpProtobuf, "otlp-protobuf"),
    (Format::OtlpJson, "otlp-json"),
    (Format::OtlpJsonLines, "otlp-jsonl"),
    (Format::Jaeger, "jaeger"),
    (Format::Zipkin, "zipkin"),
    (Format::ZipkinV1, "zipkin-v1"),
    (Format::Chrome, "chrome"),
    (Format::Xray, "xray"),
    (Format::Folded, "folded"),
];

impl Format {
    /// All formats.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.into_iter().map(|(format, _)| format)
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        let found = NAMES.into_iter().find(|(format, _)| *format == self);
        found.map_or("", |(_, name)| name)
    }

    /// Whether [`read`] reads it.
    pub fn is_read(self) -> bool {
        self != Self::Folded
    }

    /// Whether [`write`] writes it.
    pub fn is_written(self) -> bool {
        self != Self::ZipkinV1
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A name that no format has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a trace format")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let found = NAMES.into_iter().find(|(_, known)| *known == name);
        found
            .map(|(format, _)| format)
            .ok_or_else(|| UnknownFormat(name.chars().take(64).collect()))
    }
}

/// Reads all spans of a file, which may be compressed with zstd or gzip.
pub fn read(format: Format, bytes: &[u8]) -> Result<Vec<Span>, ReadError> {
    let bytes = unpack::unpack(bytes, unpack::LARGEST)?;
    match format {
        Format::OtlpProtobuf => otlp::read_protobuf(&bytes),
        Format::OtlpJson => otlp::read_json(&bytes),
        Format::OtlpJsonLines => otlp::read_lines(&bytes),
        Format::Jaeger => jaeger::read(text(&bytes)),
        Format::Zipkin => zipkin::read(text(&bytes)),
        Format::ZipkinV1 => zipkin::v1::read(text(&bytes)),
        Format::Chrome => chrome::read(text(&bytes)),
        Format::Xray => xray::read(text(&bytes)),
        Format::Folded => {
            let what = "folded stacks hold no spans, only their sums";
            Err(ReadError::new(format, Place::Whole, what).help("give the file that they were made of"))
        }
    }
}

/// Writes spans, and counts what the format cannot say. A format that is read only is written as its successor.
pub fn write(format: Format, spans: &[Span], losses: &mut Losses) -> Vec<u8> {
    match format {
        Format::OtlpProtobuf => otlp::write_protobuf(spans),
        Format::OtlpJson => otlp::write_json(spans, losses),
        Format::OtlpJsonLines => otlp::write_lines(spans, losses),
        Format::Jaeger => jaeger::write_traces(spans, losses),
        Format::Zipkin | Format::ZipkinV1 => zipkin::write(spans, losses),
        Format::Chrome => chrome::write(spans, losses),
        Format::Xray => xray::write(spans, losses),
        Format::Folded => folded::write(spans, losses),
    }
}

/// JSON without the mark that some editors put at the beginning.
fn text(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}
