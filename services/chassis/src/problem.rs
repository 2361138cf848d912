//! Errors as RFC 9457 problem documents, with the trace in which to look for the cause.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::client::CallError;
use crate::database::DatabaseError;

/// The media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// An RFC 9457 problem document. Services' error enums turn into responses through it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The kind of problem; `about:blank` says that the status says it all.
    #[serde(rename = "type", default = "about_blank")]
    pub kind: String,
    /// A short summary, the same for each problem of this kind.
    #[serde(default)]
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is particular about this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The trace in which it happened, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Seconds after which to try again: becomes the `Retry-After` header.
    #[serde(skip)]
    pub retry_after: Option<u32>,
}

fn about_blank() -> String {
    "about:blank".to_owned()
}

impl Problem {
    /// A problem of that status, in the trace that is current here.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self {
            kind: about_blank(),
            title: status.canonical_reason().unwrap_or("Unknown status").to_owned(),
            status: status.as_u16(),
            detail: None,
            trace_id: crate::span::current_trace_id().map(|trace_id| trace_id.to_string()),
            retry_after: None,
        }
    }

    /// Says what is particular about this one.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Asks the client to try again after that many seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// What a failed call to another service means to our own caller. A service that treats some statuses as its own business
/// (404, 409) looks at the error before it turns it into a problem.
impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        match &error {
            CallError::Timeout { .. } => Self::new(StatusCode::GATEWAY_TIMEOUT),
            CallError::Status { status, .. } if *status == StatusCode::SERVICE_UNAVAILABLE => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE).retry_after(1)
            }
            CallError::Status { status, .. } if *status == StatusCode::GATEWAY_TIMEOUT => {
                Self::new(StatusCode::GATEWAY_TIMEOUT)
            }
            CallError::Status { .. }
            | CallError::Connect { .. }
            | CallError::Transport { .. }
            | CallError::Body { .. } => Self::new(StatusCode::BAD_GATEWAY),
            CallError::UnknownUpstream { .. } => Self::new(StatusCode::INTERNAL_SERVER_ERROR),
        }
        .detail(error.to_string())
    }
}

/// What a failed statement means to our caller. The database's own words go to the log, never to the client.
impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Timeout { .. } => Self::new(StatusCode::GATEWAY_TIMEOUT),
            DatabaseError::LockTimeout { .. } | DatabaseError::Unavailable { .. } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE).retry_after(1)
            }
            DatabaseError::Conflict { .. } => Self::new(StatusCode::CONFLICT),
            DatabaseError::NotFound { .. } => Self::new(StatusCode::NOT_FOUND),
            DatabaseError::Column { .. } | DatabaseError::Failed { .. } => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
        .detail(error.summary())
    }
}
