//! `GET /search?q=striped+wool`: the products whose name or description has every word asked for.

mod healthy;
mod rank;
mod slow_query;
#[cfg(test)]
mod tests;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use chassis::database::{DatabaseError, Row};
use chassis::extract::Query;
use chassis::kept;
use chassis::request::Faults;
use chassis::strike::Strike;
use faults::catalogue::SLOW_QUERY;
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};

use super::ListedProduct;
use crate::State;
use crate::error::Error;

/// The most words of one search.
pub const MAX_WORDS: usize = 4;

/// The most products that one search finds.
const MAX_FOUND: usize = 20;

/// The most products among which it looks for them.
const MAX_CANDIDATES: i64 = 200;

/// The operation whose work takes processor time.
pub(crate) const OPERATION: &str = "catalog.search";

/// What is searched for.
#[derive(Debug, Deserialize)]
pub struct Search {
    q: String,
}

/// What was found, the best first.
#[derive(Debug, Serialize)]
pub struct Found {
    words: Vec<String>,
    products: Vec<ListedProduct>,
}

pub async fn search(
    Shared(state): Shared<State>,
    faults: Faults,
    headers: HeaderMap,
    Query(search): Query<Search>,
) -> Result<Response, Error> {
    let words = words(&search.q)?;
    let asked = || format!("{words:?} {headers:?}");
    let make = async {
        let found = found(&state, &faults, &words).await?;
        Ok::<_, Error>(Bytes::from(serde_json::to_vec(&found)?))
    };
    let body = kept::answer(&state.answers, OPERATION, asked, make).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

async fn found(state: &State, faults: &Faults, words: &[String]) -> Result<Found, Error> {
    let candidates = match faults.find(SLOW_QUERY.name, OPERATION) {
        None => healthy::find(&state.database, words).await?,
        Some(_) => {
            let _strike = Strike::timed(SLOW_QUERY.name, OPERATION);
            slow_query::find(&state.database, words).await?
        }
    };
    let best = rank::best(state, faults, candidates).await?;
    Ok(Found {
        words: words.to_vec(),
        products: best.into_iter().map(|candidate| candidate.product).collect(),
    })
}

/// A product that has the words asked for.
#[derive(Debug, PartialEq)]
struct Candidate {
    product: ListedProduct,
    /// Of its description, each once.
    words: Vec<String>,
}

impl Candidate {
    fn from_row(row: &Row) -> Result<Self, DatabaseError> {
        let description: String = row.get("description")?;
        Ok(Self::new(ListedProduct::from_row(row)?, &description))
    }

    fn new(product: ListedProduct, description: &str) -> Self {
        let mut words: Vec<String> = description.split(' ').map(str::to_owned).collect();
        words.sort_unstable();
        words.dedup();
        Self { product, words }
    }
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
