//! The author of each review, one call a review.

use std::collections::HashMap;

use chassis::client::{CallError, Client};
use http::StatusCode;

use super::{Author, Review};

pub(super) async fn authors(client: &Client, reviews: &[Review]) -> Result<HashMap<i64, Author>, CallError> {
    let mut authors = HashMap::new();
    for review in reviews {
        let path = format!("/users/{}", review.author_id);
        match client.get("users", "/users/{id}", path).send().await {
            Ok(answer) => drop(authors.insert(review.author_id, answer.json()?)),
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(authors)
}
