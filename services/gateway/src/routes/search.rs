//! `GET /api/search?q=striped+wool`: the products that have every word asked for.

use axum::extract::State as Shared;
use axum::response::Response;
use chassis::client::CallError;
use chassis::extract::Query;
use chassis::kept;
use http::HeaderMap;
use serde::Deserialize;

use super::{passed_on, query_value};
use crate::State;
use crate::error::Error;

const OPERATION: &str = "gateway.search";

/// What is searched for.
#[derive(Debug, Deserialize)]
pub struct Search {
    q: String,
}

pub async fn search(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    Query(search): Query<Search>,
) -> Result<Response, Error> {
    let path = format!("/search?q={}", query_value(&search.q));
    let asked = || format!("{path} {headers:?}");
    let make = async {
        let call = state.client.get("catalog", "/search", path.as_str());
        Ok::<_, CallError>(call.send().await?.body)
    };
    Ok(passed_on(
        kept::answer(&state.answers, OPERATION, asked, make).await?,
    ))
}
