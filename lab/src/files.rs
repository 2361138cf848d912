//! Trace files, read into the store while the lab already answers. JSON lines of OTLP are read one at a time, so that
//! a file may be of any size; other formats are read as a whole.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Seek as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use bytes::Bytes;
use prost::Message as _;
use trace::Span;
use trace::formats::{self, Format};
use trace::otlp::encode;
use trace::otlp::lines::Lines;

use crate::Failure;
use crate::ingest::Lab;
use crate::opened::Opened;
use crate::receive::Refused;
use crate::signals::Signal;

/// How much of a file is looked at to see which format it is.
const BEGINNING: u64 = 1 << 20;
/// How large a file may be that is read as a whole.
const LARGEST_WHOLE: u64 = 1 << 30;
/// How many spans are handed to the store at once.
const AT_ONCE: usize = 1_000;

/// A file that can be read and whose format is known.
pub struct TraceFile {
    path: PathBuf,
    file: File,
    format: Format,
}

/// Opens files and looks what they are, so that a wrong name is told before anything else happens.
pub fn open(paths: &[PathBuf]) -> Result<Vec<TraceFile>, Failure> {
    paths.iter().map(|path| open_one(path)).collect()
}

fn open_one(path: &Path) -> Result<TraceFile, Failure> {
    let unreadable = |error: io::Error| {
        Failure::input(
            format!("{}: {error}", path.display()),
            "name trace files that can be read",
        )
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let mut beginning = Vec::new();
    (&file)
        .take(BEGINNING)
        .read_to_end(&mut beginning)
        .map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    let format = match formats::detect(&beginning) {
        Some(format) => format,
        // Protobuf is known only when it is whole.
        None if (BEGINNING..=LARGEST_WHOLE).contains(&length) => {
            beginning.clear();
            (&file).read_to_end(&mut beginning).map_err(unreadable)?;
            file.rewind().map_err(unreadable)?;
            formats::detect(&beginning).ok_or_else(|| unknown(path))?
        }
        None => return Err(unknown(path)),
    };
    if format != Format::OtlpJsonLines && length > LARGEST_WHOLE {
        return Err(Failure::input(
            format!(
                "{}: {length} bytes of {format}, which is read as a whole",
                path.display()
            ),
            "split it, or write it as JSON lines of OTLP, which are read one at a time",
        ));
    }
    Ok(TraceFile {
        path: path.to_owned(),
        file,
        format,
    })
}

fn unknown(path: &Path) -> Failure {
    let known: Vec<&str> = Format::all()
        .filter(|format| format.is_read())
        .map(Format::name)
        .collect();
    Failure::input(
        format!("{}: not a trace file of a format that is known", path.display()),
        format!("give one of: {}", known.join(", ")),
    )
}

/// Reads files one after another into the store, and says on standard error what came of each.
pub fn read_all(files: Vec<TraceFile>, lab: &Lab) {
    let mut reading = Reading {
        lab,
        opened: Opened::new(""),
        rejected: 0,
        warned: false,
    };
    for TraceFile { path, file, format } in files {
        let started = Instant::now();
        let name = path.display();
        reading.opened = Opened::new(&name.to_string());
        let done = reading.one(file, format);
        let spans = reading.opened.spans;
        lab.opened.remember(reading.opened.clone());
        match done {
            Ok(()) => eprintln!(
                "opened {name}: {spans} spans in {:.1} s",
                started.elapsed().as_secs_f64()
            ),
            Err(error) => eprintln!("error: {name}: {error}\nhelp: the {spans} spans before that are here"),
        }
    }
    if reading.rejected > 0 {
        eprintln!(
            "warning: {} spans have ids that are none and are not kept",
            reading.rejected
        );
    }
}

struct Reading<'a> {
    lab: &'a Lab,
    /// The file that is being read.
    opened: Opened,
    rejected: u64,
    warned: bool,
}

impl Reading<'_> {
    fn one(&mut self, file: File, format: Format) -> Result<(), String> {
        if format == Format::OtlpJsonLines {
            for decoded in Lines::new(unpacked(file).map_err(text)?).map_err(text)? {
                let decoded = decoded.map_err(text)?;
                self.rejected += decoded.refused.len() as u64;
                self.take(&decoded.spans)?;
            }
            return Ok(());
        }
        let mut bytes = Vec::new();
        BufReader::new(file).read_to_end(&mut bytes).map_err(text)?;
        let spans = formats::read(format, &bytes).map_err(text)?;
        drop(bytes);
        self.take(&spans)
    }

    /// Hands spans to the store, which may have to let others go. That is said before it happens for the first time.
    fn take(&mut self, spans: &[Span]) -> Result<(), String> {
        for some in spans.chunks(AT_ONCE) {
            let request = encoded(some);
            if !self.warned && self.is_full(request.len()) {
                self.warned = true;
                eprintln!(
                    "warning: the files hold more than the {} MiB of --memory; from here on the traces that were read first make \
                     room\nhelp: give more, such as --memory 2GiB",
                    self.lab.store().budget() >> 20
                );
            }
            self.rejected += accept(self.lab, request)?;
            self.opened.add(some);
        }
        Ok(())
    }

    /// Whether this many bytes more may be too many: what is stored takes up to half as much again as on the wire.
    fn is_full(&self, more: usize) -> bool {
        let store = self.lab.store();
        store.used_bytes() + more + more / 2 > store.budget()
    }
}

/// Hands spans to the store, and says how many have ids that are none.
pub fn hand_over(lab: &Lab, spans: &[Span]) -> Result<u64, String> {
    let mut rejected = 0;
    for some in spans.chunks(AT_ONCE) {
        rejected += accept(lab, encoded(some))?;
    }
    Ok(rejected)
}

fn encoded(spans: &[Span]) -> Bytes {
    Bytes::from(encode::request(spans).encode_to_vec())
}

fn accept(lab: &Lab, request: Bytes) -> Result<u64, String> {
    let accepted = lab.accept(Signal::Traces, request);
    let accepted = accepted.map_err(|refused: Refused| refused.to_string())?;
    Ok(accepted.rejected)
}

/// A file, decompressed if it is compressed with gzip; zstd is seen to where lines are read.
fn unpacked(file: File) -> io::Result<Box<dyn Read>> {
    let mut file = BufReader::with_capacity(1 << 16, file);
    Ok(if file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        Box::new(flate2::bufread::MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    })
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
