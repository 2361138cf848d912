//! Who wrote the reviews of a product: the users service knows.

mod healthy;
mod n_plus_one_rpc;
mod retry_storm;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chassis::client::{CallError, Client};
use chassis::request::Faults;
use chassis::strike::Strike;
use faults::catalogue::{N_PLUS_ONE_RPC, RETRY_STORM};
use serde::{Deserialize, Serialize};

use super::{OPERATION, Review};

/// All that the users service says of a user that concerns others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Author {
    pub(super) id: i64,
    pub(super) name: String,
}

/// The operations with which authors are asked for again and again.
const STORMS: [&str; 2] = ["gateway.product", OPERATION];

/// The authors by their numbers, without those who have left. `earlier` is how often the whole page was asked for before.
pub(super) async fn authors(
    client: &Client,
    faults: &Faults,
    reviews: &[Review],
    earlier: u64,
) -> Result<HashMap<i64, Author>, CallError> {
    if faults.find(N_PLUS_ONE_RPC.name, OPERATION).is_some() {
        let mut strike = Strike::counted(N_PLUS_ONE_RPC.name, OPERATION);
        strike.count(reviews.len());
        return n_plus_one_rpc::authors(client, reviews).await;
    }
    for at in STORMS {
        if let Some(storm) = faults.find(RETRY_STORM.name, at) {
            let mut strike = Strike::counted(RETRY_STORM.name, at);
            let attempts = storm.number("attempts");
            let (authors, asked) = retry_storm::authors(client, reviews, earlier, attempts).await;
            strike.count(asked);
            return authors;
        }
    }
    healthy::authors(client, reviews).await
}
