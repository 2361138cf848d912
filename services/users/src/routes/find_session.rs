//! `GET /session`: who the bearer token belongs to.

use axum::Json;
use axum::extract::State as Shared;
use chassis::database::Statement;
use http::{HeaderMap, header};

use super::User;
use crate::State;
use crate::error::Error;

static FIND_SESSION: Statement = Statement::new(
    "SELECT sessions",
    "SELECT users.id, users.email, users.name
     FROM sessions JOIN users ON users.id = sessions.user_id
     WHERE sessions.token = $1",
);

pub async fn find_session(Shared(state): Shared<State>, headers: HeaderMap) -> Result<Json<User>, Error> {
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = authorization
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or(Error::NotSignedIn)?;
    let row = state
        .database
        .query(&FIND_SESSION)
        .bind(token)
        .fetch_optional()
        .await?;
    Ok(Json(User::from_row(&row.ok_or(Error::NotSignedIn)?)?))
}
