//! `GET /users?ids=3,1,4`: many users at once, for who needs the authors of a page of reviews.

use axum::Json;
use axum::extract::State as Shared;
use chassis::database::{DatabaseError, Statement};
use chassis::extract::{Ids, Query};
use serde::Serialize;

use super::User;
use crate::State;
use crate::error::Error;

static FIND_USERS: Statement = Statement::new(
    "SELECT users",
    "SELECT id, email, name FROM users WHERE id IN ({list}) ORDER BY id",
);

/// Those of the users asked for that there are.
#[derive(Debug, Serialize)]
pub struct Users {
    users: Vec<User>,
}

pub async fn list_users(
    Shared(state): Shared<State>,
    Query(Ids(ids)): Query<Ids>,
) -> Result<Json<Users>, Error> {
    let rows = state
        .database
        .query(&FIND_USERS)
        .bind_list(&ids)
        .fetch_all()
        .await?;
    let users = rows
        .iter()
        .map(User::from_row)
        .collect::<Result<_, DatabaseError>>()?;
    Ok(Json(Users { users }))
}
