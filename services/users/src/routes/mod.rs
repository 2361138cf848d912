//! What this service offers, one file per use case.

mod create_session;
mod find_session;
mod flaky;
mod list_users;
mod user;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use chassis::database::{DatabaseError, Row};
use chassis::threads::watch;
use serde::Serialize;

use crate::State;

pub(crate) use create_session::OPERATION as CREATE_SESSION;
pub(crate) use user::FIND_USER as ONE_USER;

/// All routes.
pub fn router(state: State) -> Router {
    Router::new()
        .route("/session", get(find_session::find_session))
        .route("/sessions", post(create_session::create_session))
        .route("/users", get(list_users::list_users))
        .route("/users/{id}", get(user::user))
        .route_layer(from_fn_with_state(state.stalls.clone(), watch))
        .with_state(state)
}

/// A user, as others see one.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct User {
    id: i64,
    email: String,
    name: String,
}

impl User {
    fn from_row(row: &Row) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: row.get("id")?,
            email: row.get("email")?,
            name: row.get("name")?,
        })
    }
}
