//! Why a call to another service failed, in kinds that a service can act on.

use http::StatusCode;

use crate::problem::Problem;

/// Why a call failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// No answer in time.
    #[error("{upstream} did not answer in time")]
    Timeout {
        /// Who was called.
        upstream: String,
    },
    /// No connection: the call was certainly not carried out.
    #[error("{upstream} cannot be reached: {reason}")]
    Connect {
        /// Who was called.
        upstream: String,
        /// Why, in the system's words.
        reason: String,
    },
    /// The connection broke on the way: the call may have been carried out.
    #[error("the connection to {upstream} broke: {reason}")]
    Transport {
        /// Who was called.
        upstream: String,
        /// Why, in the system's words.
        reason: String,
    },
    /// An answer with a status of 400 or above.
    #[error("{upstream} answered {status}")]
    Status {
        /// Who was called.
        upstream: String,
        /// 400 or above.
        status: StatusCode,
        /// What the answer said, if it was a problem document.
        problem: Option<Box<Problem>>,
    },
    /// The answer's body is not what was asked for.
    #[error("the answer of {upstream} cannot be read: {reason}")]
    Body {
        /// Who was called.
        upstream: String,
        /// Why.
        reason: String,
    },
    /// `--upstream` does not name it.
    #[error("it is not known where {upstream} is: give --upstream {upstream}=URL")]
    UnknownUpstream {
        /// Who was to be called.
        upstream: String,
    },
}

impl CallError {
    pub(super) fn of(upstream: &str, error: &reqwest::Error) -> Self {
        let upstream = upstream.to_owned();
        if error.is_timeout() {
            return Self::Timeout { upstream };
        }
        let reason = innermost(error);
        if error.is_connect() {
            Self::Connect { upstream, reason }
        } else {
            Self::Transport { upstream, reason }
        }
    }

    /// Whether the same call would fail the same way again: the callee has understood it and refuses.
    #[must_use]
    pub fn is_for_good(&self) -> bool {
        match self {
            Self::Status { status, .. } => status.is_client_error(),
            Self::UnknownUpstream { .. } => true,
            Self::Timeout { .. } | Self::Connect { .. } | Self::Transport { .. } | Self::Body { .. } => false,
        }
    }

    /// The status of the answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The word for `error.type`.
    #[must_use]
    pub fn error_type(&self) -> std::borrow::Cow<'static, str> {
        match self {
            Self::Timeout { .. } => "timeout".into(),
            Self::Connect { .. } => "connect".into(),
            Self::Transport { .. } => "transport".into(),
            Self::Status { status, .. } => status.as_str().to_owned().into(),
            Self::Body { .. } => "body".into(),
            Self::UnknownUpstream { .. } => "unknown_upstream".into(),
        }
    }
}

/// The cause at the bottom: what reqwest wraps around it says nothing more.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
