//! Why a whole request is refused, and how that is said over HTTP and gRPC.

use axum::http::StatusCode;
use trace::otlp::scan::Malformed;

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
    #[error("content encoding `{0}` is not known; send gzip, zstd, deflate or none")]
    Encoding(String),
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
            Self::ContentType(_) | Self::Encoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Of these, a sender tries only `Unavailable` again: resources exhausted without a time to wait are not.
    pub fn code(&self) -> Code {
        match self {
            Self::Malformed(_) | Self::Aborted => Code::InvalidArgument,
            Self::TooSlow => Code::DeadlineExceeded,
            Self::TooLarge | Self::TooMany(_) => Code::ResourceExhausted,
            Self::ContentType(_) | Self::Encoding(_) => Code::Unimplemented,
            Self::Busy => Code::Unavailable,
            Self::Internal => Code::Internal,
        }
    }
}
