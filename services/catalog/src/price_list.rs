//! The whole price list as one thing, as it was last read.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chassis::database::{Database, DatabaseError, Statement};

static FIND_ALL_PRICES: Statement = Statement::new("SELECT products", "SELECT id, price_cents FROM products");

/// What every product costs, in cents, by its number.
pub type Prices = Arc<HashMap<i64, i64>>;

/// The list. Clones of what was found in it stay as they are.
#[derive(Debug, Default)]
pub struct PriceList {
    kept: Mutex<Option<(Prices, Instant)>>,
    loading: AtomicUsize,
}

impl PriceList {
    /// The list, if it is there and not older than that.
    pub fn find(&self, lifetime: Duration) -> Option<Prices> {
        let kept = self.lock();
        let (prices, read) = kept.as_ref()?;
        (read.elapsed() < lifetime).then(|| prices.clone())
    }

    /// Reads the list, keeps it, and says how many were reading it when this began, itself included.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn read(&self, database: &Database) -> Result<(Prices, usize), DatabaseError> {
        let loading = Loading::begin(&self.loading);
        let mut prices = HashMap::new();
        for row in database.query(&FIND_ALL_PRICES).fetch_all().await? {
            prices.insert(row.get("id")?, row.get("price_cents")?);
        }
        let prices = Arc::new(prices);
        *self.lock() = Some((prices.clone(), Instant::now()));
        Ok((prices, loading.number))
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Prices, Instant)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who reads the list, until this is dropped.
struct Loading<'a> {
    number: usize,
    all: &'a AtomicUsize,
}

impl<'a> Loading<'a> {
    fn begin(all: &'a AtomicUsize) -> Self {
        let number = 1 + all.fetch_add(1, Ordering::Relaxed);
        Self { number, all }
    }
}

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        self.all.fetch_sub(1, Ordering::Relaxed);
    }
}
