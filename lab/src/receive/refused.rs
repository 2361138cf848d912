//! Why a whole request is refused, and how that is said over HTTP and gRPC.

use axum::http::StatusCode;
use trace::otlp::scan::Malformed;

use crate::arrivals::Ending;

/// A refusal of a whole request; none of it was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the request is not what it should be: {0}")]
    Malformed(String),
    #[error("the request ended early")]
    Aborted,
    #[error("the request's body took longer than 10 s")]
    TooSlow,
    #[error("the request is larger than 64 MiB, as sent or decompressed")]
    TooLarge,
    #[error("the request has too many parts: {0}")]
    TooMany(String),
    #[error("content type `{0}` is not known; send application/x-protobuf or application/json")]
    ContentType(String),
    #[error("`{0}` is not taken here; send {1}")]
    Form(String, &'static str),
    #[error("content encoding `{0}` is not known; send gzip, zstd, deflate or none")]
    Encoding(String),
    #[error("nothing is taken at `{0}`; {1}")]
    Path(String, &'static str),
    #[error("only POST is taken here")]
    Method,
    #[error("too much is waiting to be written; send the request again in a second")]
    Busy,
    #[error("the request could not be worked on")]
    Internal,
}

/// The codes of gRPC's status that are used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
}

impl Refused {
    pub fn malformed(error: impl std::fmt::Display) -> Self {
        Self::Malformed(error.to_string())
    }

    /// What a scan of the request's bytes found.
    pub fn scanned(error: Malformed) -> Self {
        match error {
            Malformed::TooMany => Self::TooMany(error.to_string()),
            _ => Self::malformed(error),
        }
    }

    pub fn http_status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) | Self::Aborted => StatusCode::BAD_REQUEST,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge | Self::TooMany(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ContentType(_) | Self::Form(..) | Self::Encoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Path(..) => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Of these, a sender tries only `Unavailable` again, which is what OTLP has a server say under pressure;
    /// `ResourceExhausted` without a time to wait means that trying again is no use.
    pub fn code(&self) -> Code {
        match self {
            Self::Malformed(_) | Self::Aborted => Code::InvalidArgument,
            Self::TooSlow => Code::DeadlineExceeded,
            Self::TooLarge | Self::TooMany(_) => Code::ResourceExhausted,
            Self::ContentType(_) | Self::Form(..) | Self::Encoding(_) | Self::Method => Code::Unimplemented,
            Self::Path(..) => Code::NotFound,
            Self::Busy => Code::Unavailable,
            Self::Internal => Code::Internal,
        }
    }

    /// How a message that is refused for this is counted.
    pub fn ending(&self) -> Ending {
        match self {
            Self::Busy => Ending::Busy,
            _ => Ending::Malformed,
        }
    }

    /// How long to wait before the request is sent again, if that is any use.
    pub fn retry_after_seconds(&self) -> Option<u16> {
        (*self == Self::Busy).then_some(1)
    }
}
