//! `POST /sessions`: signs a user in.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json as Body;
use axum::extract::State as Shared;
use chassis::database::Statement;
use chassis::extract::Json;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::State;
use crate::error::Error;

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
    Json(request): Json<Request>,
) -> Result<(StatusCode, Body<Session>), Error> {
    let user = state
        .database
        .query(&FIND_USER)
        .bind(request.email)
        .fetch_optional()
        .await?;
    let user: i64 = user.ok_or(Error::UnknownUser)?.get("id")?;
    let token = Uuid::new_v4().simple().to_string();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis() as i64;
    state
        .database
        .query(&CREATE_SESSION)
        .bind(token.as_str())
        .bind(user)
        .bind(now)
        .execute()
        .await?;
    Ok((StatusCode::CREATED, Body(Session { token })))
}
