//! `faultmart export`: traces from one format into another.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use runner::Failure;
use trace::formats::{Format, Losses, write};
use trace::{Span, TraceId};

use super::Outcome;
use crate::{output, trace_files};

const EXAMPLES: &str = "\
Examples:
  faultmart export --to jaeger -o trace.json                     the newest run, for Jaeger's page
  faultmart export --to chrome --in zipkin.json -o trace.json    Zipkin's answer, for Perfetto
  faultmart export --to folded --in runs/ID | inferno-flamegraph > flame.svg
  curl -s localhost:16686/api/traces/ID | faultmart export --in - --to otlp-json";

/// Which traces, from where, into what.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    /// The format to write: otlp-json, otlp-jsonl, otlp-protobuf, jaeger, zipkin, chrome, xray, folded
    #[arg(long, value_name = "FORMAT", value_parser = trace_files::writable)]
    to: Format,

    /// Files or folders of runs; `-` is standard input; the newest run below runs/ if it is not said
    #[arg(long = "in", value_name = "FILE", num_args = 1..)]
    inputs: Vec<PathBuf>,

    /// The format of the files, which is otherwise seen from their content; zipkin-v1 is read as well
    #[arg(long, value_name = "FORMAT", value_parser = trace_files::readable)]
    from: Option<Format>,

    /// Only the traces with these ids: 32 hexadecimal digits each
    #[arg(long = "trace", value_name = "ID", num_args = 1..)]
    traces: Vec<TraceId>,

    /// The file to write, which appears when it is complete; standard output if it is not said
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The most spans that are held together, for formats that are written in one piece.
const MOST_SPANS: usize = 10_000_000;

/// Converts, and says on stderr what was lost.
pub fn execute(options: &Options) -> Outcome {
    output::end_quietly_when_nobody_reads();
    let inputs = match options.inputs.is_empty() {
        true => vec![trace_files::newest_run()?],
        false => options.inputs.clone(),
    };
    let mut target = Target::open(options.output.as_deref())?;
    let mut export = Export {
        to: options.to,
        wanted: options.traces.iter().copied().collect(),
        seen: BTreeSet::new(),
        held: Vec::new(),
        spans: 0,
        losses: Losses::default(),
    };
    for input in &inputs {
        trace_files::each(input, options.from, &mut |spans| export.take(spans, &mut target))?;
    }
    if let Some(missing) = export.wanted.iter().find(|id| !export.seen.contains(id)) {
        let from: Vec<_> = inputs.iter().map(|input| input.display().to_string()).collect();
        return Err(
            Failure::input(format!("no trace {missing} in {}", from.join(", ")))
                .help("leave out `--trace` to export all"),
        );
    }
    export.finish(&mut target)?;
    target.close()?;
    report(&export);
    Ok(0)
}

/// Spans on their way into a format.
struct Export {
    to: Format,
    wanted: BTreeSet<TraceId>,
    /// Which of the wanted were seen.
    seen: BTreeSet<TraceId>,
    /// What waits for the rest, where a format is written in one piece.
    held: Vec<Span>,
    spans: u64,
    losses: Losses,
}

impl Export {
    /// JSON lines go out as they come in, whatever there is of them.
    fn take(&mut self, mut spans: Vec<Span>, target: &mut Target) -> Result<(), Failure> {
        if !self.wanted.is_empty() {
            spans.retain(|span| self.wanted.contains(&span.trace_id));
            self.seen.extend(spans.iter().map(|span| span.trace_id));
        }
        self.spans += spans.len() as u64;
        if self.to == Format::OtlpJsonLines {
            return target.write(&write(self.to, &spans, &mut self.losses));
        }
        self.held.extend(spans);
        if self.held.len() > MOST_SPANS {
            return Err(Failure::input(format!(
                "more than {MOST_SPANS} spans, and {} is written in one piece",
                self.to
            ))
            .help("pick traces with `--trace ID`, or write otlp-jsonl, which streams"));
        }
        Ok(())
    }

    fn finish(&mut self, target: &mut Target) -> Result<(), Failure> {
        if self.to == Format::OtlpJsonLines {
            return Ok(());
        }
        target.write(&write(self.to, &self.held, &mut self.losses))
    }
}

fn report(export: &Export) {
    if export.spans == 0 {
        anstream::eprintln!("there was no span to export");
    }
    if !export.losses.is_empty() {
        anstream::eprint!(
            "what {} cannot say, of {} spans:\n{}",
            export.to,
            export.spans,
            export.losses
        );
    }
}

/// Standard output, or a file that gets its name when it is complete.
struct Target {
    out: BufWriter<Box<dyn Write>>,
    file: Option<(PathBuf, PathBuf)>,
}

impl Target {
    fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self {
                out: BufWriter::new(Box::new(io::stdout().lock())),
                file: None,
            });
        };
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::create(&part).map_err(|error| {
            Failure::input(format!("cannot write {}: {error}", part.display()))
                .help("name a file in a folder that can be written with `-o`")
        })?;
        Ok(Self {
            out: BufWriter::new(Box::new(file)),
            file: Some((part, path.to_owned())),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes).map_err(|error| self.failed(&error))
    }

    fn close(mut self) -> Result<(), Failure> {
        let flushed = self.out.flush();
        flushed.map_err(|error| self.failed(&error))?;
        if let Some((part, path)) = self.file.take() {
            std::fs::rename(&part, &path).map_err(|error| {
                Failure::run(format!(
                    "cannot rename {} to {}: {error}",
                    part.display(),
                    path.display()
                ))
            })?;
        }
        Ok(())
    }

    fn failed(&self, error: &io::Error) -> Failure {
        let name = self
            .file
            .as_ref()
            .map_or("standard output".to_owned(), |(part, _)| {
                part.display().to_string()
            });
        Failure::run(format!("cannot write {name}: {error}"))
    }
}

/// What is not complete is not left behind.
impl Drop for Target {
    fn drop(&mut self) {
        if let Some((part, _)) = &self.file {
            let _ = std::fs::remove_file(part);
        }
    }
}
