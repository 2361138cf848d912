//! A file of OTLP JSON, one line a request, compressed if its name says so.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use prost::Message as _;
use trace::otlp::json;
use trace::otlp::proto::ExportTraceServiceRequest;

/// The first level makes lines of spans about twelve times smaller; higher ones cost more time than they save bytes.
const LEVEL: i32 = 1;

pub struct RecordFile {
    output: Output,
    line: Vec<u8>,
}

enum Output {
    Plain(BufWriter<File>),
    Zstd(Box<zstd::Encoder<'static, BufWriter<File>>>),
}

impl RecordFile {
    /// Creates the file, or empties it.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = BufWriter::new(File::create(path)?);
        let output = match path.extension() {
            Some(extension) if extension == "zst" => Output::Zstd(Box::new(zstd::Encoder::new(file, LEVEL)?)),
            _ => Output::Plain(file),
        };
        Ok(Self {
            output,
            line: Vec::new(),
        })
    }

    /// Appends the spans of a request, without those of these ordinals. How many there were, and whether it went well.
    pub fn traces(&mut self, request: &[u8], left_out: &[u32]) -> (u64, io::Result<()>) {
        let mut groups = match ExportTraceServiceRequest::decode(request) {
            Ok(request) => request.resource_spans,
            Err(error) => return (0, Err(io::Error::other(error))),
        };
        let (mut ordinal, mut spans, mut left_out) = (0, 0, left_out.iter().peekable());
        for scope in groups.iter_mut().flat_map(|group| &mut group.scope_spans) {
            scope.spans.retain(|_| {
                let kept = left_out.next_if_eq(&&ordinal).is_none();
                ordinal += 1;
                spans += u64::from(kept);
                kept
            });
        }
        json::write(&groups, &mut self.line);
        (spans, self.end_line())
    }

    /// Appends a request of logs.
    pub fn logs(&mut self, request: &[u8]) -> io::Result<()> {
        let request = ExportLogsServiceRequest::decode(request).map_err(io::Error::other)?;
        serde_json::to_writer(&mut self.line, &request)?;
        self.end_line()
    }

    /// Appends a request of metrics.
    pub fn metrics(&mut self, request: &[u8]) -> io::Result<()> {
        let request = ExportMetricsServiceRequest::decode(request).map_err(io::Error::other)?;
        serde_json::to_writer(&mut self.line, &request)?;
        self.end_line()
    }

    fn end_line(&mut self) -> io::Result<()> {
        self.line.push(b'\n');
        let result = match &mut self.output {
            Output::Plain(file) => file.write_all(&self.line),
            Output::Zstd(encoder) => encoder.write_all(&self.line),
        };
        self.line.clear();
        // One large request should not keep its memory for good.
        self.line.shrink_to(1 << 20);
        result
    }

    /// Writes out what is buffered, so that all lines so far can be read.
    pub fn flush(&mut self) -> io::Result<()> {
        match &mut self.output {
            Output::Plain(file) => file.flush(),
            Output::Zstd(encoder) => encoder.flush(),
        }
    }

    /// Ends the file.
    pub fn finish(self) -> io::Result<()> {
        let mut file = match self.output {
            Output::Plain(file) => file,
            Output::Zstd(encoder) => encoder.finish()?,
        };
        file.flush()
    }
}
