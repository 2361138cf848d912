//! `faultmart completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Outcome;

/// Which shell.
#[derive(Args)]
#[command(
    after_help = "Example:\n  faultmart completions bash > ~/.local/share/bash-completion/completions/faultmart"
)]
pub struct Options {
    /// The shell to complete for.
    shell: Shell,
}

/// Prints the script.
pub fn execute(options: &Options) -> Outcome {
    clap_complete::generate(
        options.shell,
        &mut crate::Arguments::command(),
        "faultmart",
        &mut std::io::stdout(),
    );
    Ok(0)
}
