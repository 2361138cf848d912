//! What this service answers when it cannot do what was asked.

use axum::response::{IntoResponse, Response};
use chassis::database::DatabaseError;
use chassis::problem::Problem;
use chassis::threads::Undone;
use http::StatusCode;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No bearer token, or one that belongs to no session.
    #[error("sign in first: send `Authorization: Bearer TOKEN` with the token of a session")]
    NotSignedIn,
    /// No user of that number or address.
    #[error("there is no such user")]
    UnknownUser,
    /// Work that was given up.
    #[error(transparent)]
    Undone(#[from] Undone),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let problem = |status| Problem::new(status).detail(self.to_string());
        match self {
            Self::NotSignedIn => problem(StatusCode::UNAUTHORIZED),
            Self::UnknownUser => problem(StatusCode::NOT_FOUND),
            Self::Undone(_) => problem(StatusCode::INTERNAL_SERVER_ERROR),
            Self::Database(error) => error.into(),
        }
        .into_response()
    }
}
