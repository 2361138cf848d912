//! Why the wire could not start or could not go on, in the words of the person who started it.

/// An error that ends the process, with its exit code and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// 2: the input is wrong. 3: the work could not be carried out.
    pub code: u8,
    /// Where and what happened, in lower case, on one line.
    pub message: String,
    /// What to do, where there is something to do.
    pub help: Option<String>,
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

impl Failure {
    pub(crate) fn input(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            code: 2,
            message: message.into(),
            help: Some(help.into()),
        }
    }

    pub(crate) fn not_carried_out(message: impl Into<String>) -> Self {
        Self {
            code: 3,
            message: message.into(),
            help: None,
        }
    }
}
