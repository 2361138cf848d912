//! `GET /products/{id}`: a product with its reviews and their authors.

mod healthy;
mod n_plus_one_sql;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use axum::Json;
use axum::extract::State as Shared;
use chassis::client::{CallError, Client};
use chassis::database::{DatabaseError, Row, Statement};
use chassis::extract::{Path, join_ids};
use chassis::request::Faults;
use chassis::strike::Strike;
use faults::catalogue::N_PLUS_ONE_SQL;
use serde::{Deserialize, Serialize};

use crate::State;
use crate::error::Error;

const OPERATION: &str = "catalog.product";

static FIND_PRODUCT: Statement = Statement::new(
    "SELECT products",
    "SELECT id, name, description, price_cents FROM products WHERE id = $1",
);

/// A product with what people say of it.
#[derive(Debug, Serialize)]
pub struct Product {
    id: i64,
    name: String,
    description: String,
    price_cents: i64,
    reviews: Vec<SignedReview>,
}

/// A review as it is stored.
#[derive(Debug, PartialEq)]
struct Review {
    id: i64,
    author_id: i64,
    rating: i64,
    text: String,
}

/// A review with its author.
#[derive(Debug, Serialize)]
struct SignedReview {
    id: i64,
    author: Author,
    rating: i64,
    text: String,
}

/// Who wrote a review: all that the users service says of a user that concerns others.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Author {
    id: i64,
    name: String,
}

pub async fn product(
    Shared(state): Shared<State>,
    faults: Faults,
    Path(id): Path<i64>,
) -> Result<Json<Product>, Error> {
    let row = state
        .database
        .query(&FIND_PRODUCT)
        .bind(id)
        .fetch_optional()
        .await?;
    let row = row.ok_or(Error::UnknownProduct)?;
    let reviews = match faults.find(N_PLUS_ONE_SQL.name, OPERATION) {
        None => healthy::reviews(&state.database, id).await?,
        Some(_) => {
            let mut strike = Strike::counted(N_PLUS_ONE_SQL.name, OPERATION);
            let reviews = n_plus_one_sql::reviews(&state.database, id).await?;
            strike.count(1 + reviews.len());
            reviews
        }
    };
    Ok(Json(Product {
        id: row.get("id")?,
        name: row.get("name")?,
        description: row.get("description")?,
        price_cents: row.get("price_cents")?,
        reviews: signed(&state.client, reviews).await?,
    }))
}

impl Review {
    fn from_row(row: &Row) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: row.get("id")?,
            author_id: row.get("author_id")?,
            rating: row.get("rating")?,
            text: row.get("text")?,
        })
    }
}

/// The reviews with their authors, whom one call to the users service names all at once.
async fn signed(client: &Client, reviews: Vec<Review>) -> Result<Vec<SignedReview>, CallError> {
    #[derive(Deserialize)]
    struct Users {
        users: Vec<Author>,
    }

    if reviews.is_empty() {
        return Ok(Vec::new());
    }
    let mut ids: Vec<i64> = reviews.iter().map(|review| review.author_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let answer = client
        .get("users", "/users", format!("/users?ids={}", join_ids(&ids)))
        .send()
        .await?;
    let Users { users } = answer.json()?;
    let authors: HashMap<i64, Author> = users.into_iter().map(|author| (author.id, author)).collect();
    let signed = reviews.into_iter().map(
        |Review {
             id,
             author_id,
             rating,
             text,
         }| {
            let gone = || Author {
                id: author_id,
                name: "somebody who left".to_owned(),
            };
            SignedReview {
                id,
                author: authors.get(&author_id).cloned().unwrap_or_else(gone),
                rating,
                text,
            }
        },
    );
    Ok(signed.collect())
}
