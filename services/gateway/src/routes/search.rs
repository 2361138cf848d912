//! `GET /api/search?q=striped+wool`: the products that have every word asked for.

use axum::Json;
use axum::extract::State as Shared;
use chassis::extract::Query;
use serde::Deserialize;
use serde_json::Value;

use super::query_value;
use crate::State;
use crate::error::Error;

/// What is searched for.
#[derive(Debug, Deserialize)]
pub struct Search {
    q: String,
}

pub async fn search(
    Shared(state): Shared<State>,
    Query(search): Query<Search>,
) -> Result<Json<Value>, Error> {
    let path = format!("/search?q={}", query_value(&search.q));
    Ok(Json(
        state
            .client
            .get("catalog", "/search", path)
            .send()
            .await?
            .json()?,
    ))
}
