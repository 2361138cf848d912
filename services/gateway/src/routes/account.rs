//! `GET /api/account`: who is signed in.

use axum::Json;
use axum::extract::State as Shared;
use http::HeaderMap;

use super::{User, signed_in};
use crate::State;
use crate::error::Error;

pub async fn account(Shared(state): Shared<State>, headers: HeaderMap) -> Result<Json<User>, Error> {
    Ok(Json(signed_in(&state.client, &headers).await?))
}
