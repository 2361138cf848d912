//! What this service answers when it cannot do what was asked.

use axum::response::{IntoResponse, Response};
use chassis::Failure;
use chassis::client::CallError;
use chassis::database::DatabaseError;
use chassis::problem::Problem;
use http::StatusCode;

/// Why a function failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The function before it in the chain has not run for this order.
    #[error("the order has not come so far yet")]
    OutOfTurn,
    /// Nothing to run on.
    #[error("no instance of the function can be started: {0}")]
    NoInstance(Failure),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The next function in the chain.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::OutOfTurn => Problem::new(StatusCode::CONFLICT).detail(self.to_string()),
            Self::NoInstance(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail(self.to_string()),
            Self::Database(error) => error.into(),
            Self::Call(error) => error.into(),
        }
        .into_response()
    }
}
