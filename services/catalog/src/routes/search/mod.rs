//! `GET /search?q=striped+wool`: the products whose name or description has every word asked for.

mod healthy;
mod slow_query;
#[cfg(test)]
mod tests;

use axum::Json;
use axum::extract::State as Shared;
use chassis::extract::Query;
use chassis::request::Faults;
use chassis::strike::Strike;
use faults::catalogue::SLOW_QUERY;
use serde::{Deserialize, Serialize};

use super::ListedProduct;
use crate::State;
use crate::error::Error;

/// The most words of one search.
pub const MAX_WORDS: usize = 4;

/// The most products that one search finds.
const MAX_FOUND: i64 = 20;

const OPERATION: &str = "catalog.search";

/// What is searched for.
#[derive(Debug, Deserialize)]
pub struct Search {
    q: String,
}

/// What was found, the most popular first.
#[derive(Debug, Serialize)]
pub struct Found {
    words: Vec<String>,
    products: Vec<ListedProduct>,
}

pub async fn search(
    Shared(state): Shared<State>,
    faults: Faults,
    Query(search): Query<Search>,
) -> Result<Json<Found>, Error> {
    let words = words(&search.q)?;
    let products = match faults.find(SLOW_QUERY.name, OPERATION) {
        None => healthy::find(&state.database, &words).await?,
        Some(_) => {
            let _strike = Strike::timed(SLOW_QUERY.name, OPERATION);
            slow_query::find(&state.database, &words).await?
        }
    };
    Ok(Json(Found { words, products }))
}

/// The words of a text, in lower case, each once.
fn words(text: &str) -> Result<Vec<String>, Error> {
    let text = text.to_lowercase();
    let words = text
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut words: Vec<String> = words.map(str::to_owned).collect();
    words.sort_unstable();
    words.dedup();
    if words.is_empty() || words.len() > MAX_WORDS {
        Err(Error::Words)
    } else {
        Ok(words)
    }
}
