//! Prices are kept by request: the products, and when they were asked for. No two requests have the same.

use std::collections::BTreeMap;
use std::time::SystemTime;

use chassis::database::DatabaseError;

use crate::State;

/// And how many were not in the cache.
pub(super) async fn prices(
    state: &State,
    products: &[i64],
) -> Result<(BTreeMap<i64, i64>, usize), DatabaseError> {
    let key = format!("{products:?} at {:?}", SystemTime::now());
    if let Some(prices) = state.baskets.find(&key) {
        state.prices.count(prices.len(), 0);
        return Ok((prices, 0));
    }
    state.prices.count(0, products.len());
    let prices = state.prices.read(products).await?;
    state.baskets.keep(key, prices.clone());
    Ok((prices, products.len()))
}
