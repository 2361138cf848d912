//! A file of JSON lines, one request a line, as the OpenTelemetry Collector's file exporter writes it; zstd, gzip or plain.

use std::io::{self, BufRead, BufReader, Read};

use super::decode::{Decoded, Decoder};
use super::json::{self, InvalidJson};

/// The longest line that is read.
pub const LONGEST_LINE: u64 = 256 * 1024 * 1024;

/// Why reading stopped.
#[derive(Debug, thiserror::Error)]
pub enum InvalidLines {
    /// The file ended in the middle, was cut, or could not be read.
    #[error("after line {line}: {cause}")]
    Unreadable {
        /// How many lines had been read.
        line: u64,
        /// What was the matter.
        cause: io::Error,
    },
    /// A line is longer than [`LONGEST_LINE`].
    #[error("line {line}: longer than {LONGEST_LINE} bytes")]
    TooLong {
        /// The line, counted from 1.
        line: u64,
    },
    /// A line is not OTLP's JSON.
    #[error("line {line}: {cause}")]
    Invalid {
        /// The line, counted from 1.
        line: u64,
        /// What was the matter.
        cause: InvalidJson,
    },
}

/// The requests of a file, one after another, so that a file of any size can be read in little memory.
///
/// ```
/// let file = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000000001","spanId":"0000000000000002","name":"GET /"}]}]}]}"#;
/// let mut spans = Vec::new();
/// for line in trace::otlp::lines::Lines::new(&file[..])? {
///     spans.extend(line?.spans);
/// }
/// assert_eq!(spans[0].name, "GET /");
/// # Ok::<(), trace::otlp::lines::InvalidLines>(())
/// ```
pub struct Lines<'a> {
    input: Box<dyn BufRead + 'a>,
    decoder: Decoder,
    line: u64,
    buffer: Vec<u8>,
    done: bool,
}

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

impl<'a> Lines<'a> {
    /// Reads from `input`, which is decompressed if it begins as zstd or gzip does.
    pub fn new(input: impl Read + 'a) -> Result<Self, InvalidLines> {
        let unreadable = |cause| InvalidLines::Unreadable { line: 0, cause };
        let mut input = BufReader::new(input);
        let beginning = input.fill_buf().map_err(unreadable)?;
        let (zstd, gzip) = (
            beginning.starts_with(&ZSTD_MAGIC),
            beginning.starts_with(&GZIP_MAGIC),
        );
        let input: Box<dyn BufRead + 'a> = if zstd {
            Box::new(BufReader::new(
                zstd::Decoder::with_buffer(input).map_err(unreadable)?,
            ))
        } else if gzip {
            Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(input)))
        } else {
            Box::new(input)
        };
        Ok(Self {
            input,
            decoder: Decoder::new(),
            line: 0,
            buffer: Vec::new(),
            done: false,
        })
    }

    fn read(&mut self) -> Result<Option<Decoded>, InvalidLines> {
        loop {
            self.buffer.clear();
            let read = (&mut self.input)
                .take(LONGEST_LINE + 1)
                .read_until(b'\n', &mut self.buffer);
            let length = read.map_err(|cause| InvalidLines::Unreadable {
                line: self.line,
                cause,
            })?;
            if length == 0 {
                return Ok(None);
            }
            self.line += 1;
            if length as u64 > LONGEST_LINE {
                return Err(InvalidLines::TooLong { line: self.line });
            }
            let text = self.buffer.trim_ascii();
            if !text.is_empty() {
                let groups = json::read(text).map_err(|cause| InvalidLines::Invalid {
                    line: self.line,
                    cause,
                })?;
                return Ok(Some(self.decoder.decode(groups)));
            }
        }
    }
}

/// Ends after the first error: what follows a damaged line cannot be trusted.
impl Iterator for Lines<'_> {
    type Item = Result<Decoded, InvalidLines>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let item = self.read().transpose();
        self.done = !matches!(item, Some(Ok(_)));
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"orders"}}]},"scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000000001","spanId":"0000000000000002"}]}]}]}"#;

    fn count(input: &[u8]) -> Result<usize, InvalidLines> {
        let mut spans = Vec::new();
        for line in Lines::new(input)? {
            spans.extend(line?.spans);
        }
        assert!(
            spans
                .windows(2)
                .all(|pair| std::sync::Arc::ptr_eq(&pair[0].resource, &pair[1].resource))
        );
        Ok(spans.len())
    }

    #[test]
    fn lines_are_read_plain_and_compressed_and_share_their_resource() {
        let plain = format!("{LINE}\n\n{LINE}\r\n{LINE}");
        assert_eq!(count(plain.as_bytes()).expect("plain"), 3);
        assert_eq!(
            count(&zstd::encode_all(plain.as_bytes(), 1).expect("in memory")).expect("zstd"),
            3
        );
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        io::Write::write_all(&mut gzip, plain.as_bytes()).expect("in memory");
        assert_eq!(count(&gzip.finish().expect("in memory")).expect("gzip"), 3);
        assert_eq!(count(b"").expect("empty"), 0);
    }

    #[test]
    fn a_damaged_line_is_named_and_ends_the_reading() {
        let damaged = format!("{LINE}\n{}\n{LINE}\n", &LINE[..40]);
        let error = count(damaged.as_bytes()).expect_err("line 2");
        assert!(error.to_string().starts_with("line 2: "), "{error}");
        assert_eq!(
            Lines::new(damaged.as_bytes())
                .expect("opens")
                .filter(Result::is_ok)
                .count(),
            1
        );
    }

    #[test]
    fn a_file_that_was_cut_gives_what_it_holds_and_then_says_so() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("in memory");
        io::Write::write_all(&mut encoder, format!("{LINE}\n").as_bytes()).expect("in memory");
        io::Write::flush(&mut encoder).expect("in memory");
        let cut = encoder.get_ref().clone();
        let lines: Vec<_> = Lines::new(&cut[..]).expect("opens").collect();
        assert!(matches!(
            lines[..],
            [Ok(_), Err(InvalidLines::Unreadable { line: 1, .. })]
        ));
    }
}
