//! How results and errors reach people and programs.

use std::io::Write;

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
    // In one write, so that nothing of another process that shares the file comes between its lines. Nobody can be told that
    // there is no standard error.
    let _ = std::io::stderr()
        .lock()
        .write_all(format!("{failure}\n").as_bytes());
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

/// A file that has reached the limit on its size (`ulimit -f`) is a full disk, and told as one, instead of the end of the process.
pub fn take_a_size_limit_as_an_error() {
    // SAFETY: no other thread runs yet, and to ignore a signal is always valid.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}
