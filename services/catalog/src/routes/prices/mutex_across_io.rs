//! The cache is locked while it is looked at, and stays locked until what it lacks has been read: whoever wants another price, which
//! is there, waits for that.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use chassis::database::DatabaseError;
use tokio::sync::MutexGuard;

use crate::prices::PriceCache;

/// How long a price is good for.
const TIME_TO_LIVE: Duration = Duration::from_secs(30);

/// Prices, and when each was read.
pub(crate) type Kept = HashMap<i64, (i64, Instant)>;

pub(super) async fn prices(
    mut kept: MutexGuard<'_, Kept>,
    cache: &PriceCache,
    products: &[i64],
) -> Result<BTreeMap<i64, i64>, DatabaseError> {
    kept.retain(|_, (_, read)| read.elapsed() < TIME_TO_LIVE);
    let missing: Vec<i64> = products
        .iter()
        .copied()
        .filter(|product| !kept.contains_key(product))
        .collect();
    cache.count(products.len() - missing.len(), missing.len());
    if !missing.is_empty() {
        for (product, price) in cache.read(&missing).await? {
            kept.insert(product, (price, Instant::now()));
        }
    }
    let price = |product: &i64| kept.get(product).map(|&(price, _)| (*product, price));
    Ok(products.iter().filter_map(price).collect())
}
