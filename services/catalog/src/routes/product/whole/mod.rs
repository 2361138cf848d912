//! All that the page of a product is made of, and for how long a connection is kept for it.

mod healthy;
mod pool_exhaustion;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chassis::database::Row;
use chassis::request::Faults;
use faults::catalogue::POOL_EXHAUSTION;

use super::authors::Author;
use super::{OPERATION, Review};
use crate::State;
use crate::error::Error;

/// The product, what people say of it, and who they are.
pub(super) type Parts = (Row, Vec<Review>, HashMap<i64, Author>);

/// `earlier` is how often the whole page was asked for before.
pub(super) async fn parts(state: &State, faults: &Faults, id: i64, earlier: u64) -> Result<Parts, Error> {
    if faults.find(POOL_EXHAUSTION.name, OPERATION).is_none() {
        return healthy::parts(state, faults, id, earlier).await;
    }
    let _holding = state.database.holding(POOL_EXHAUSTION.name, OPERATION);
    pool_exhaustion::parts(state, faults, id, earlier).await
}
