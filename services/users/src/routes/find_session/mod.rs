//! `GET /session`: who the bearer token belongs to.

mod failing_dependency;
mod healthy;
mod mutex_across_io;
#[cfg(test)]
mod tests;

use std::time::Instant;

use axum::Json;
use axum::extract::State as Shared;
use chassis::database::DatabaseError;
use chassis::request::Faults;
use chassis::strike::Strike;
use faults::catalogue::{FAILING_DEPENDENCY, MUTEX_ACROSS_IO};
use http::{HeaderMap, header};

use super::User;
use crate::State;
use crate::error::Error;

const OPERATION: &str = "users.find-session";

/// The most sessions that are remembered.
const MOST_KNOWN: usize = 10_000;

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
    let user = find(&state, &faults, token).await?;
    Ok(Json(user.ok_or(Error::NotSignedIn)?))
}

async fn find(state: &State, faults: &Faults, token: &str) -> Result<Option<User>, DatabaseError> {
    if faults.find(FAILING_DEPENDENCY.name, OPERATION).is_some() {
        let _strike = Strike::counted(FAILING_DEPENDENCY.name, OPERATION);
        failing_dependency::find(&state.database, token).await
    } else if faults.find(MUTEX_ACROSS_IO.name, OPERATION).is_some() {
        let mut strike = Strike::counted(MUTEX_ACROSS_IO.name, OPERATION);
        let asked = Instant::now();
        let known = state.known.lock().await;
        strike.measure(asked.elapsed().as_secs_f64() * 1000.0);
        mutex_across_io::find(known, &state.database, token).await
    } else {
        healthy::find(&state.database, token).await
    }
}
