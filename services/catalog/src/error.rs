//! What this service answers when it cannot do what was asked.

use axum::response::{IntoResponse, Response};
use chassis::client::CallError;
use chassis::database::DatabaseError;
use chassis::problem::Problem;
use chassis::threads::Undone;
use http::StatusCode;

use crate::routes::MAX_WORDS;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No product of that number.
    #[error("there is no such product")]
    UnknownProduct,
    /// A search for nothing, or for too much.
    #[error("search for one to {MAX_WORDS} words: /search?q=striped+wool")]
    Words,
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Work that was given up.
    #[error(transparent)]
    Undone(#[from] Undone),
    /// An answer that cannot be written.
    #[error("the answer cannot be written as JSON: {0}")]
    Unwritable(#[from] serde_json::Error),
    /// The users service, which knows the authors.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let problem = |status| Problem::new(status).detail(self.to_string());
        match self {
            Self::UnknownProduct => problem(StatusCode::NOT_FOUND),
            Self::Words => problem(StatusCode::BAD_REQUEST),
            Self::Undone(_) | Self::Unwritable(_) => problem(StatusCode::INTERNAL_SERVER_ERROR),
            Self::Database(error) => error.into(),
            Self::Call(error) => error.into(),
        }
        .into_response()
    }
}
