//! `POST /sessions`: signs a user in.

mod healthy;
mod pool_exhaustion;
#[cfg(test)]
mod tests;
mod token;

use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json as Body;
use axum::extract::State as Shared;
use chassis::database::Statement;
use chassis::extract::Json;
use chassis::request::Faults;
use chassis::{span, threads};
use faults::catalogue::POOL_EXHAUSTION;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::State;
use crate::error::Error;

/// The operation whose work takes processor time.
pub(crate) const OPERATION: &str = "users.create-session";

static FIND_USER: Statement = Statement::new("SELECT users", "SELECT id FROM users WHERE email = $1");

static CREATE_SESSION: Statement = Statement::new(
    "INSERT sessions",
    "INSERT INTO sessions (token, user_id, created_at_ms) VALUES ($1, $2, $3)",
);

/// Who wants to sign in. There are no passwords in this shop: its users are made up.
#[derive(Debug, Deserialize)]
pub struct Request {
    email: String,
}

/// The session.
#[derive(Debug, Serialize)]
pub struct Session {
    token: String,
}

pub async fn create_session(
    Shared(state): Shared<State>,
    faults: Faults,
    Json(Request { email }): Json<Request>,
) -> Result<(StatusCode, Body<Session>), Error> {
    let made = made(&state, email.clone());
    let token = match faults.find(POOL_EXHAUSTION.name, OPERATION) {
        None => healthy::create(&state, &email, made).await?,
        Some(_) => {
            let _holding = state.database.holding(POOL_EXHAUSTION.name, OPERATION);
            pool_exhaustion::create(&state, &email, made).await?
        }
    };
    Ok((StatusCode::CREATED, Body(Session { token })))
}

/// The number of the user with that address.
async fn find_user(state: &State, email: &str) -> Result<i64, Error> {
    let user = state
        .database
        .query(&FIND_USER)
        .bind(email)
        .fetch_optional()
        .await?;
    Ok(user.ok_or(Error::UnknownUser)?.get("id")?)
}

/// A new token, made where such work is done.
async fn made(state: &State, email: String) -> Result<String, Error> {
    let span = span::internal("make token").start();
    let made = threads::run(&state.stalls, move || {
        let token = token::derive(Uuid::new_v4(), &email);
        span.end();
        token
    });
    Ok(made.await?)
}

/// Now, in milliseconds since the epoch.
fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
