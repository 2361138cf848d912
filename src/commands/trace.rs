//! `faultmart trace`: one trace of a run, or of a file of any format.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use runner::Failure;
use runner::report::waterfall;
use trace::{TraceId, Tree};

use super::Outcome;
use super::run::look;
use crate::output::{self, Format};
use crate::trace_files;

/// Which trace, of which run.
#[derive(Args)]
#[command(
    after_help = "Example:\n  faultmart trace 4bf92f3577b34da6a3ce929d0e0e4736 --in runs/2026-11-20T18-26-11-000-first-look"
)]
pub struct Options {
    /// The trace's id: 32 hexadecimal digits
    id: String,

    /// The folder of a run, or a trace file of any format that `faultmart export` reads; the newest run below runs/ if it is not said
    #[arg(long = "in", value_name = "FILE")]
    input: Option<PathBuf>,

    /// The format of the file, which is otherwise seen from its content
    #[arg(long, value_name = "FORMAT", value_parser = trace_files::readable)]
    from: Option<trace::formats::Format>,

    /// The form of the result on stdout; JSON is OTLP's
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Prints the trace.
pub fn execute(options: &Options) -> Outcome {
    output::end_quietly_when_nobody_reads();
    let id: TraceId = options.id.parse().map_err(|error| {
        Failure::input(format!("`{}` is not a trace id: {error}", options.id))
            .help("write 32 hexadecimal digits")
    })?;
    let input = match &options.input {
        Some(input) => input.clone(),
        None => trace_files::newest_run()?,
    };
    let mut spans = Vec::new();
    trace_files::each(&input, options.from, &mut |more| {
        spans.extend(more.into_iter().filter(|span| span.trace_id == id));
        Ok(())
    })?;
    if spans.is_empty() {
        let help = match input.is_dir() {
            true => "truth.jsonl and summary.json in that folder name traces",
            false => "the file has other traces; ids that are shorter are filled up with zeros on the left",
        };
        return Err(Failure::input(format!("no trace {id} in {}", input.display())).help(help));
    }
    match options.format {
        Format::Json => {
            let mut json = Vec::new();
            trace::otlp::json::write(&trace::otlp::encode::resource_spans(&spans), &mut json);
            println!("{}", String::from_utf8_lossy(&json));
        }
        Format::Text => {
            let text = format!(
                "{}{}",
                waterfall::render(&Tree::of(&spans), look(), None),
                waterfall::legend(look())
            );
            // A reader that has gone has seen enough.
            let _ = anstream::stdout().write_all(text.as_bytes());
        }
    }
    Ok(0)
}
