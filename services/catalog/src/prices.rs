//! Prices, kept for a while: every checkout asks for some, and they hardly ever change.
//!
//! A price that is missing or too old is read once, however many ask for it at the same moment: the first reads it, together
//! with whatever else it misses, and the others wait for what the first brings (single flight). So no rush of checkouts
//! becomes a rush on the database when a price grows old.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chassis::database::{Database, DatabaseError, Statement};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;
use tokio::sync::watch;

/// How long a price is good for.
const TIME_TO_LIVE: Duration = Duration::from_secs(30);

static FIND_PRICES: Statement = Statement::new(
    "SELECT products",
    "SELECT id, price_cents FROM products WHERE id IN ({list})",
);

/// The cache. It holds a price a product at most.
#[derive(Debug)]
pub struct PriceCache {
    database: Database,
    time_to_live: Duration,
    entries: Mutex<HashMap<i64, Entry>>,
    lookups: Counter<u64>,
}

#[derive(Debug)]
enum Entry {
    /// In cents, and when it was read.
    Price(i64, Instant),
    /// Somebody reads it; the channel closes when that is done, or given up.
    Flight(watch::Receiver<()>),
}

impl PriceCache {
    /// An empty cache before that database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        let lookups = opentelemetry::global::meter("catalog")
            .u64_counter("catalog.price_cache.lookups")
            .with_description("Prices asked for, by whether the cache had them")
            .with_unit("{price}")
            .build();
        Self {
            database,
            time_to_live: TIME_TO_LIVE,
            entries: Mutex::default(),
            lookups,
        }
    }

    /// The prices in cents of those of the products that there are.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn get(&self, products: &[i64]) -> Result<BTreeMap<i64, i64>, DatabaseError> {
        let mut found = BTreeMap::new();
        let mut wanted = products.to_vec();
        let mut first = true;
        while !wanted.is_empty() {
            let (mine, flights) = self.look_up(&mut wanted, &mut found);
            if first {
                self.count(found.len(), wanted.len());
                first = false;
            }
            if let Some(mine) = mine {
                let prices = mine.read().await?;
                wanted.retain(|product| !mine.products.contains(product));
                found.extend(prices);
            }
            for mut flight in flights {
                // It ends with an error, for nothing is ever sent: the sender is dropped.
                let _ = flight.changed().await;
            }
        }
        Ok(found)
    }

    /// The prices as the database has them, past the cache.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn read(&self, products: &[i64]) -> Result<BTreeMap<i64, i64>, DatabaseError> {
        let query = self.database.query(&FIND_PRICES).bind_list(products);
        let mut prices = BTreeMap::new();
        for row in query.fetch_all().await? {
            prices.insert(row.get("id")?, row.get("price_cents")?);
        }
        Ok(prices)
    }

    /// Moves what the cache has from `wanted` to `found`, takes off for what nobody reads yet, and returns that, and the flights
    /// of others to wait for.
    fn look_up(
        &self,
        wanted: &mut Vec<i64>,
        found: &mut BTreeMap<i64, i64>,
    ) -> (Option<Flight<'_>>, Vec<watch::Receiver<()>>) {
        let mut entries = self.lock();
        let mut mine = Vec::new();
        let mut flights = Vec::new();
        wanted.retain(|&product| {
            match entries.get(&product) {
                Some(Entry::Price(price, read)) if read.elapsed() < self.time_to_live => {
                    found.insert(product, *price);
                    return false;
                }
                Some(Entry::Flight(flight)) => flights.push(flight.clone()),
                Some(Entry::Price(..)) | None => mine.push(product),
            }
            true
        });
        if mine.is_empty() {
            return (None, flights);
        }
        let (sender, receiver) = watch::channel(());
        for &product in &mine {
            entries.insert(product, Entry::Flight(receiver.clone()));
        }
        (
            Some(Flight {
                cache: self,
                products: mine,
                _sender: sender,
            }),
            flights,
        )
    }

    /// Counts prices asked for, by whether they were there.
    pub(crate) fn count(&self, hits: usize, misses: usize) {
        for (result, count) in [("hit", hits), ("miss", misses)] {
            if count > 0 {
                self.lookups
                    .add(count as u64, &[KeyValue::new("cache.result", result)]);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Products that are being read. Those who wait are woken when this is dropped; if the read failed or was given up, one of them
/// tries in its turn.
struct Flight<'a> {
    cache: &'a PriceCache,
    products: Vec<i64>,
    _sender: watch::Sender<()>,
}

impl Flight<'_> {
    async fn read(&self) -> Result<BTreeMap<i64, i64>, DatabaseError> {
        let prices = self.cache.read(&self.products).await?;
        let mut entries = self.cache.lock();
        for (&product, &price) in &prices {
            entries.insert(product, Entry::Price(price, Instant::now()));
        }
        Ok(prices)
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut entries = self.cache.lock();
        for product in &self.products {
            if let Some(Entry::Flight(_)) = entries.get(product) {
                entries.remove(product);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seed::shop::{Scale, price_cents};

    const SCALE: Scale = Scale {
        users: 1,
        products: 5,
        orders: 0,
    };

    #[tokio::test]
    async fn a_price_is_kept_until_it_is_too_old() {
        let test = testkit::sqlite(&crate::seed::DATASET, SCALE).await;
        let mut cache = PriceCache::new(test.database.clone());
        let first = cache.get(&[1, 2, 99]).await.unwrap();
        assert_eq!(
            first,
            BTreeMap::from([
                (1, i64::from(price_cents(42, 1))),
                (2, i64::from(price_cents(42, 2)))
            ])
        );
        testkit::execute(&test.database, "UPDATE products SET price_cents = 7").await;
        assert_eq!(cache.get(&[1, 2]).await.unwrap(), first);
        cache.time_to_live = Duration::ZERO;
        assert_eq!(
            cache.get(&[1, 2]).await.unwrap(),
            BTreeMap::from([(1, 7), (2, 7)])
        );
    }

    #[tokio::test]
    async fn who_waits_for_a_read_that_was_given_up_reads_in_its_turn() {
        let test = testkit::sqlite(&crate::seed::DATASET, SCALE).await;
        let cache = PriceCache::new(test.database.clone());
        let (flight, none) = cache.look_up(&mut vec![1], &mut BTreeMap::new());
        assert!(none.is_empty());
        let waiting = cache.get(&[1, 2]);
        let give_up = async { drop(flight) };
        let (prices, ()) = tokio::join!(waiting, give_up);
        assert_eq!(prices.unwrap().len(), 2);
    }
}
