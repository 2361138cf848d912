//! `faultmart lab`: the lab alone, for anyone's traces.

use clap::Args;
use runner::Failure;

use super::Outcome;
use crate::output::Format;

/// Where it listens, who may come in, and which files it opens.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    alone: lab::Alone,

    /// The form of what is printed once it is ready
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs it until Ctrl-C.
pub fn execute(options: Options) -> Outcome {
    lab::run_alone(options.alone, options.format == Format::Json).map_err(|failure| Failure {
        code: failure.code,
        message: failure.message,
        help: failure.help,
    })
}
