//! The two implementations read the same reviews.

use seed::shop::{Scale, reviews};
use testkit::databases;

use super::{healthy, n_plus_one_sql};

const SCALE: Scale = Scale {
    users: 50,
    products: 60,
    orders: 0,
};

#[tokio::test]
async fn both_read_the_same_reviews_of_every_product() {
    for test in databases(&crate::seed::DATASET, "product_same", SCALE).await {
        for number in 1..=SCALE.products {
            let found = healthy::reviews(&test.database, i64::from(number)).await.unwrap();
            assert_eq!(
                found,
                n_plus_one_sql::reviews(&test.database, i64::from(number))
                    .await
                    .unwrap()
            );
            assert_eq!(found.len(), reviews(42, number, SCALE).len());
        }
    }
}
