//! `POST /api/sessions`: signs a user in.

use axum::Json as Body;
use axum::extract::State as Shared;
use chassis::extract::Json;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::State;
use crate::error::Error;

/// Who wants to sign in.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    email: String,
}

pub async fn create_session(
    Shared(state): Shared<State>,
    Json(request): Json<Request>,
) -> Result<(StatusCode, Body<Value>), Error> {
    let answer = state
        .client
        .post("users", "/sessions", "/sessions")
        .json(&request)
        .send()
        .await?;
    Ok((StatusCode::CREATED, Body(answer.json()?)))
}
