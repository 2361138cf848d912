//! Both give the same pages, and one of them reads the whole catalogue for each.

use chassis::extract::Page;
use seed::shop::Scale;
use testkit::databases;

use super::{healthy, unbounded_result};

const SCALE: Scale = Scale {
    users: 1,
    products: 130,
    orders: 0,
};

#[tokio::test]
async fn both_give_every_page_and_one_reads_everything() {
    for test in databases(&crate::seed::DATASET, "list_products_same", SCALE).await {
        for (number, size) in [(1, 20), (3, 50), (2, 100), (7, 20), (10_000, 100)] {
            let page = Page { number, size };
            let products = healthy::page_of_products(&test.database, page).await.unwrap();
            assert!(products.len() <= size as usize);
            let all = unbounded_result::page_of_products(&test.database, page)
                .await
                .unwrap();
            assert_eq!(all, (products, SCALE.products as usize));
        }
    }
}
