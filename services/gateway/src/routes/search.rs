//! `GET /api/search?q=striped+wool`: the products that have every word asked for.

use axum::extract::State as Shared;
use axum::response::Response;
use chassis::extract::Query;
use serde::Deserialize;

use super::{passed_on, query_value};
use crate::State;
use crate::error::Error;

/// What is searched for.
#[derive(Debug, Deserialize)]
pub struct Search {
    q: String,
}

pub async fn search(Shared(state): Shared<State>, Query(search): Query<Search>) -> Result<Response, Error> {
    let path = format!("/search?q={}", query_value(&search.q));
    Ok(passed_on(
        state.client.get("catalog", "/search", path).send().await?,
    ))
}
