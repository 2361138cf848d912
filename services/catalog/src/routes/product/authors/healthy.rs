//! All authors in one call.

use std::collections::HashMap;

use chassis::client::{CallError, Client};
use chassis::extract::join_ids;
use serde::Deserialize;

use super::{Author, Review};

#[derive(Deserialize)]
struct Users {
    users: Vec<Author>,
}

pub(super) async fn authors(client: &Client, reviews: &[Review]) -> Result<HashMap<i64, Author>, CallError> {
    if reviews.is_empty() {
        return Ok(HashMap::new());
    }
    let mut ids: Vec<i64> = reviews.iter().map(|review| review.author_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let path = format!("/users?ids={}", join_ids(&ids));
    let answer = client.get("users", "/users", path).send().await?;
    let Users { users } = answer.json()?;
    Ok(users.into_iter().map(|author| (author.id, author)).collect())
}
