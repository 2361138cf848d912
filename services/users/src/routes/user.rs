//! `GET /users/{id}`: one user.

use axum::Json;
use axum::extract::State as Shared;
use chassis::database::Statement;
use chassis::extract::Path;

use super::User;
use crate::State;
use crate::error::Error;

pub(crate) static FIND_USER: Statement =
    Statement::new("SELECT users", "SELECT id, email, name FROM users WHERE id = $1");

pub async fn user(Shared(state): Shared<State>, Path(id): Path<i64>) -> Result<Json<User>, Error> {
    let row = state.database.query(&FIND_USER).bind(id).fetch_optional().await?;
    Ok(Json(User::from_row(&row.ok_or(Error::UnknownUser)?)?))
}
