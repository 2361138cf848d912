//! The prices of whole baskets, as they were asked for. The oldest goes when there are too many.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most baskets that are kept.
const MOST: usize = 1_000;

/// The cache.
#[derive(Debug, Default)]
pub struct BasketCache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    prices: HashMap<String, BTreeMap<i64, i64>>,
    oldest_first: VecDeque<String>,
}

impl BasketCache {
    /// What was kept under that key.
    pub fn find(&self, key: &str) -> Option<BTreeMap<i64, i64>> {
        self.lock().prices.get(key).cloned()
    }

    /// Keeps it.
    pub fn keep(&self, key: String, prices: BTreeMap<i64, i64>) {
        let mut kept = self.lock();
        if kept.prices.insert(key.clone(), prices).is_none() {
            kept.oldest_first.push_back(key);
        }
        if kept.oldest_first.len() > MOST
            && let Some(oldest) = kept.oldest_first.pop_front()
        {
            kept.prices.remove(&oldest);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_until_there_is_too_much() {
        let cache = BasketCache::default();
        for number in 0..=MOST {
            cache.keep(number.to_string(), BTreeMap::new());
        }
        assert_eq!(cache.find("0"), None);
        assert_eq!(cache.find("1"), Some(BTreeMap::new()));
        assert_eq!(cache.lock().prices.len(), MOST);
    }
}
