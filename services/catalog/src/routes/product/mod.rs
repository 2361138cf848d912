//! `GET /products/{id}`: a product with its reviews and their authors.

mod authors;
mod healthy;
mod n_plus_one_sql;
mod swallowed_error;
#[cfg(test)]
mod tests;
mod unbounded_result;
mod whole;

use std::collections::HashMap;

use axum::Json;
use axum::extract::State as Shared;
use chassis::database::{Database, DatabaseError, Row, Statement};
use chassis::extract::Path;
use chassis::request::{Faults, resent};
use chassis::strike::Strike;
use faults::catalogue::{N_PLUS_ONE_SQL, SWALLOWED_ERROR, UNBOUNDED_RESULT};
use http::HeaderMap;
use serde::Serialize;

use crate::State;
use crate::error::Error;
use authors::{Author, authors};

const OPERATION: &str = "catalog.product";

pub(crate) static FIND_PRODUCT: Statement = Statement::new(
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

pub async fn product(
    Shared(state): Shared<State>,
    faults: Faults,
    headers: HeaderMap,
    Path(id): Path<i64>,
) -> Result<Json<Product>, Error> {
    let (row, reviews, authors) = whole::parts(&state, &faults, id, resent(&headers)).await?;
    Ok(Json(Product {
        id: row.get("id")?,
        name: row.get("name")?,
        description: row.get("description")?,
        price_cents: row.get("price_cents")?,
        reviews: signed(reviews, &authors),
    }))
}

/// What people say of the product, the oldest first.
async fn reviews(database: &Database, faults: &Faults, product: i64) -> Result<Vec<Review>, DatabaseError> {
    if faults.find(N_PLUS_ONE_SQL.name, OPERATION).is_some() {
        let mut strike = Strike::counted(N_PLUS_ONE_SQL.name, OPERATION);
        let reviews = n_plus_one_sql::reviews(database, product).await?;
        strike.count(1 + reviews.len());
        Ok(reviews)
    } else if faults.find(UNBOUNDED_RESULT.name, OPERATION).is_some() {
        let mut strike = Strike::counted(UNBOUNDED_RESULT.name, OPERATION);
        let (reviews, rows) = unbounded_result::reviews(database, product).await?;
        strike.count(rows);
        Ok(reviews)
    } else if faults.find(SWALLOWED_ERROR.name, OPERATION).is_some() {
        let _strike = Strike::counted(SWALLOWED_ERROR.name, OPERATION);
        swallowed_error::reviews(database, product).await
    } else {
        healthy::reviews(database, product).await
    }
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

/// The reviews with their authors.
fn signed(reviews: Vec<Review>, authors: &HashMap<i64, Author>) -> Vec<SignedReview> {
    let sign = |review: Review| {
        let gone = || Author {
            id: review.author_id,
            name: "somebody who left".to_owned(),
        };
        SignedReview {
            id: review.id,
            author: authors.get(&review.author_id).cloned().unwrap_or_else(gone),
            rating: review.rating,
            text: review.text,
        }
    };
    reviews.into_iter().map(sign).collect()
}
