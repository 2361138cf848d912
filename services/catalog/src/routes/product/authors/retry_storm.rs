//! All authors in one call, which is made again at once when it fails, up to so many times.

use std::collections::HashMap;

use chassis::client::{CallError, Client};
use chassis::extract::join_ids;
use serde::Deserialize;

use super::{Author, Review};

#[derive(Deserialize)]
struct Users {
    users: Vec<Author>,
}

/// And how often they were asked for.
pub(super) async fn authors(
    client: &Client,
    reviews: &[Review],
    earlier: u64,
    attempts: u64,
) -> (Result<HashMap<i64, Author>, CallError>, usize) {
    if reviews.is_empty() {
        return (Ok(HashMap::new()), 0);
    }
    let mut ids: Vec<i64> = reviews.iter().map(|review| review.author_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut attempt = 0;
    loop {
        let path = format!("/users?ids={}", join_ids(&ids));
        let call = client.get("users", "/users", path).resent(attempt, earlier);
        let users = match call.send().await {
            Ok(answer) => answer.json::<Users>(),
            Err(error) => Err(error),
        };
        attempt += 1;
        match users {
            Err(error) if !error.is_for_good() && u64::from(attempt) < attempts => {}
            users => {
                let by_number = |Users { users }| {
                    users
                        .into_iter()
                        .map(|author: Author| (author.id, author))
                        .collect()
                };
                return (users.map(by_number), attempt as usize);
            }
        }
    }
}
