//! `GET /session`: who the bearer token belongs to.

mod failing_dependency;
mod healthy;
#[cfg(test)]
mod tests;

use axum::Json;
use axum::extract::State as Shared;
use chassis::request::Faults;
use chassis::strike::Strike;
use faults::catalogue::FAILING_DEPENDENCY;
use http::{HeaderMap, header};

use super::User;
use crate::State;
use crate::error::Error;

const OPERATION: &str = "users.find-session";

pub async fn find_session(
    Shared(state): Shared<State>,
    faults: Faults,
    headers: HeaderMap,
) -> Result<Json<User>, Error> {
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = authorization
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or(Error::NotSignedIn)?;
    let user = match faults.find(FAILING_DEPENDENCY.name, OPERATION) {
        None => healthy::find(&state.database, token).await?,
        Some(_) => {
            let _strike = Strike::counted(FAILING_DEPENDENCY.name, OPERATION);
            failing_dependency::find(&state.database, token).await?
        }
    };
    Ok(Json(user.ok_or(Error::NotSignedIn)?))
}
