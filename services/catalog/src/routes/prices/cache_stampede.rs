//! The whole price list is one entry. When it has grown too old, whoever finds it so reads it anew, however many are at it already.

use std::collections::BTreeMap;
use std::time::Duration;

use chassis::database::DatabaseError;

use crate::State;

/// And how many were reading the list when this request began to; 0 if it did not have to.
pub(super) async fn prices(
    state: &State,
    products: &[i64],
    lifetime: Duration,
) -> Result<(BTreeMap<i64, i64>, usize), DatabaseError> {
    let (list, loads) = match state.price_list.find(lifetime) {
        Some(list) => {
            state.prices.count(products.len(), 0);
            (list, 0)
        }
        None => {
            state.prices.count(0, products.len());
            state.price_list.read(&state.database).await?
        }
    };
    let price = |product: &i64| list.get(product).map(|&price| (*product, price));
    Ok((products.iter().filter_map(price).collect(), loads))
}
