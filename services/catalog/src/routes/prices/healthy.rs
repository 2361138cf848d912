//! Prices are kept by product, which is what a price depends on.

use std::collections::BTreeMap;

use chassis::database::DatabaseError;

use crate::State;

pub(super) async fn prices(state: &State, products: &[i64]) -> Result<BTreeMap<i64, i64>, DatabaseError> {
    state.prices.get(products).await
}
