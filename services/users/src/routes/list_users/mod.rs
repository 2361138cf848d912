//! `GET /users?ids=3,1,4`: many users at once, for who needs the authors of a page of reviews.

mod failing_dependency;
mod healthy;
#[cfg(test)]
mod tests;

use axum::Json;
use axum::extract::State as Shared;
use chassis::extract::{Ids, Query};
use chassis::request::Faults;
use chassis::strike::Strike;
use faults::catalogue::FAILING_DEPENDENCY;
use http::HeaderMap;
use serde::Serialize;

use super::User;
use super::flaky::is_answered_by_the_broken_version;
use crate::State;
use crate::error::Error;

const OPERATION: &str = "users.list-users";

/// Those of the users asked for that there are.
#[derive(Debug, Serialize)]
pub struct Users {
    users: Vec<User>,
}

pub async fn list_users(
    Shared(state): Shared<State>,
    faults: Faults,
    headers: HeaderMap,
    Query(Ids(ids)): Query<Ids>,
) -> Result<Json<Users>, Error> {
    let fails = faults.find(FAILING_DEPENDENCY.name, OPERATION).is_some();
    let _strike = fails.then(|| Strike::counted(FAILING_DEPENDENCY.name, OPERATION));
    let users = if fails || is_answered_by_the_broken_version(&faults, &headers) {
        failing_dependency::find(&state.database, &ids).await?
    } else {
        healthy::find(&state.database, &ids).await?
    };
    Ok(Json(Users { users }))
}
