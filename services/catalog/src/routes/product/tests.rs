//! All implementations read the same reviews, and one of them reads everybody's.

use seed::shop::{Scale, reviews};
use testkit::databases;

use super::{healthy, n_plus_one_sql, swallowed_error, unbounded_result};

const SCALE: Scale = Scale {
    users: 50,
    products: 60,
    orders: 0,
};

#[tokio::test]
async fn all_read_the_same_reviews_of_every_product() {
    let everybodys: usize = (1..=SCALE.products)
        .map(|number| reviews(42, number, SCALE).len())
        .sum();
    for test in databases(&crate::seed::DATASET, "product_same", SCALE).await {
        for number in 1..=SCALE.products {
            let found = healthy::reviews(&test.database, i64::from(number)).await.unwrap();
            assert_eq!(
                found,
                n_plus_one_sql::reviews(&test.database, i64::from(number))
                    .await
                    .unwrap()
            );
            let (again, rows) = unbounded_result::reviews(&test.database, i64::from(number))
                .await
                .unwrap();
            assert_eq!((&again, rows), (&found, everybodys));
            assert_eq!(found.len(), reviews(42, number, SCALE).len());
        }
    }
}

#[tokio::test]
async fn one_of_them_finds_nothing_and_says_so_as_if_it_were_true() {
    for test in databases(&crate::seed::DATASET, "product_swallowed", SCALE).await {
        assert!(!healthy::reviews(&test.database, 1).await.unwrap().is_empty());
        assert_eq!(swallowed_error::reviews(&test.database, 1).await.unwrap(), []);
    }
}
