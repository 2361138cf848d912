//! What this service answers when it cannot do what was asked.

use axum::response::{IntoResponse, Response};
use chassis::client::CallError;
use chassis::problem::Problem;
use http::StatusCode;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An order of somebody else's, which is none of the caller's business, not even that there is one.
    #[error("there is no such order")]
    UnknownOrder,
    /// A service behind.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// What a service behind may refuse for the caller's sake, in its own words.
const CALLERS_BUSINESS: [StatusCode; 6] = [
    StatusCode::BAD_REQUEST,
    StatusCode::UNAUTHORIZED,
    StatusCode::PAYMENT_REQUIRED,
    StatusCode::NOT_FOUND,
    StatusCode::CONFLICT,
    StatusCode::UNPROCESSABLE_ENTITY,
];

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::UnknownOrder => Problem::new(StatusCode::NOT_FOUND).detail(self.to_string()),
            Self::Call(CallError::Status { status, problem, .. }) if CALLERS_BUSINESS.contains(&status) => {
                let detail = problem.and_then(|problem| problem.detail);
                let refused = Problem::new(status);
                match detail {
                    Some(detail) => refused.detail(detail),
                    None => refused,
                }
            }
            Self::Call(error) => error.into(),
        }
        .into_response()
    }
}
