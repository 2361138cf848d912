//! Why the lab could not start, or could not end well.

/// An error for whoever started the lab, with the exit code that goes with it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// 2 if the input is wrong, 3 if it could not be carried out.
    pub code: u8,
    /// What happened, and where.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Failure {
    pub(crate) fn input(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            code: 2,
            message: message.into(),
            help: Some(help.into()),
        }
    }

    pub(crate) fn execution(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            code: 3,
            message: message.into(),
            help: Some(help.into()),
        }
    }
}
