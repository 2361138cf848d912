//! How results and errors reach people and programs.

use clap::ValueEnum;
use runner::Failure;

/// The form of a result on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

/// Prints `error: …` and, where there is one, `help: …` on stderr.
pub fn print_failure(failure: &Failure) {
    anstream::eprintln!("{failure}");
}

/// Prints a JSON document, indented, with a line feed.
pub fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::run(format!("the result cannot be written as JSON: {error}")))?;
    println!("{text}");
    Ok(())
}

/// A reader such as `head` that has seen enough ends this program, as it ends others, without a panic about a broken pipe.
pub fn end_quietly_when_nobody_reads() {
    // SAFETY: no other thread runs yet, and the default disposition is always valid.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}
