//! Why a run could not be carried out, or what in its input is wrong, with the exit code that scripts rely on.

use std::fmt;

/// An error that ends the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// 2: the input is wrong; 3: the run could not be carried out.
    pub code: u8,
    /// What happened and where, in lower case, without `error: `.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Failure {
    /// The input is wrong.
    pub fn input(message: impl Into<String>) -> Self {
        Self {
            code: 2,
            message: message.into(),
            help: None,
        }
    }

    /// The run could not be carried out.
    pub fn run(message: impl Into<String>) -> Self {
        Self {
            code: 3,
            message: message.into(),
            help: None,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<chassis::Failure> for Failure {
    fn from(failure: chassis::Failure) -> Self {
        Self {
            code: failure.code,
            message: failure.message,
            help: failure.help,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}", self.message)?;
        match &self.help {
            Some(help) => write!(formatter, "\nhelp: {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}
