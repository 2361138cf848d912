//! Why a part could not start or could not go on, in the words of the person who started it.

use std::fmt;

/// The input is wrong: usage, address, URL, file.
pub const WRONG_INPUT: u8 = 2;
/// The work could not be carried out: a port in use, a database that does not answer.
pub const NOT_CARRIED_OUT: u8 = 3;

/// An error that ends the process, with its exit code and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// [`WRONG_INPUT`] or [`NOT_CARRIED_OUT`].
    pub code: u8,
    /// Where and what happened, in lower case, on one line.
    pub message: String,
    /// What to do, where there is something to do.
    pub help: Option<String>,
}

impl Failure {
    /// The input is wrong; the exit code is 2.
    #[must_use]
    pub fn input(message: impl Into<String>) -> Self {
        Self {
            code: WRONG_INPUT,
            message: message.into(),
            help: None,
        }
    }

    /// The work could not be carried out; the exit code is 3.
    #[must_use]
    pub fn not_carried_out(message: impl Into<String>) -> Self {
        Self {
            code: NOT_CARRIED_OUT,
            message: message.into(),
            help: None,
        }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Writes `error: …` and `help: …` to standard error.
    pub fn print(&self) {
        eprintln!("error: {}", self.message);
        if let Some(help) = &self.help {
            eprintln!("help: {help}");
        }
    }
}

impl From<listen::ListenError> for Failure {
    fn from(error: listen::ListenError) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
            help: Some(error.help().to_owned()),
        }
    }
}

/// The message alone, without `error: ` and without the help.
impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
