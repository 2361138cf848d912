//! What the payment provider refuses.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No key, one that is too long, or nothing to pay.
    #[error("a payment needs a key of 1 to 200 bytes and an amount above 0")]
    Invalid,
    /// The key was used before, for something else.
    #[error("there is a payment of another amount under this key")]
    OtherAmount,
    /// Nothing was decided for this key.
    #[error("there is no payment under this key")]
    NotFound,
    /// The ledger cannot be written.
    #[error("the ledger cannot be written: {0}")]
    Ledger(#[from] std::io::Error),
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Invalid | Self::OtherAmount => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Ledger(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, Json(serde_json::json!({ "error": self.to_string() }))).into_response()
    }
}
