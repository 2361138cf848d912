//! Both tell the same prices, and one of them asks the database each time.

use std::collections::BTreeMap;

use seed::shop::{Scale, price_cents};
use testkit::{client, databases, execute};

use super::{cache_bypass, healthy};
use crate::State;

const SCALE: Scale = Scale {
    users: 1,
    products: 20,
    orders: 0,
};

#[tokio::test]
async fn one_remembers_and_the_other_never_finds_what_it_has_kept() {
    for test in databases(&crate::seed::DATASET, "prices_key", SCALE).await {
        let state = State::new(test.database.clone(), client(&[]));
        let now = |number| (i64::from(number), i64::from(price_cents(42, number)));
        let prices = BTreeMap::from([now(3), now(5)]);
        assert_eq!(healthy::prices(&state, &[3, 5, 99]).await.unwrap(), prices);
        assert_eq!(
            cache_bypass::prices(&state, &[3, 5]).await.unwrap(),
            (prices.clone(), 2)
        );
        execute(&test.database, "UPDATE products SET price_cents = 7").await;
        assert_eq!(healthy::prices(&state, &[3, 5]).await.unwrap(), prices);
        let (read, misses) = cache_bypass::prices(&state, &[3, 5]).await.unwrap();
        assert_eq!((read, misses), (BTreeMap::from([(3, 7), (5, 7)]), 2));
    }
}
