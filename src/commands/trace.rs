//! `faultmart trace`: one trace of a run.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use runner::Failure;
use runner::recorded::{self, Wanted};
use runner::report::waterfall;
use trace::{TraceId, Tree};

use super::Outcome;
use super::run::look;
use crate::output::{self, Format};

/// Which trace, of which run.
#[derive(Args)]
#[command(
    after_help = "Example:\n  faultmart trace 4bf92f3577b34da6a3ce929d0e0e4736 --in runs/2026-11-20T18-26-11-000-first-look"
)]
pub struct Options {
    /// The trace's id: 32 hexadecimal digits
    id: String,

    /// The folder of a run; the newest one below runs/ if it is not said
    #[arg(long = "in", value_name = "DIR")]
    folder: Option<PathBuf>,

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
    let folder = match &options.folder {
        Some(folder) => folder.clone(),
        None => newest_run()?,
    };
    let wanted = Wanted {
        traces: [id].into(),
        ..Wanted::default()
    };
    let spans = recorded::read(&folder, &wanted)?
        .traces
        .remove(&id)
        .ok_or_else(|| {
            Failure::input(format!("no trace {id} in {}", folder.display()))
                .help("truth.jsonl and summary.json in that folder name traces")
        })?;
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

/// The newest folder below `runs/`: ids begin with the time.
fn newest_run() -> Result<PathBuf, Failure> {
    let entries = std::fs::read_dir(Path::new("runs"))
        .ok()
        .into_iter()
        .flatten()
        .flatten();
    let newest = entries
        .map(|entry| entry.path())
        .filter(|path| path.join(recorded::TRACES).exists())
        .max();
    newest
        .ok_or_else(|| Failure::input("no run below runs/").help("name the folder of a run with `--in DIR`"))
}
