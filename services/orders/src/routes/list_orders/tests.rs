//! The implementations give the same answer, one of them by the index and one without.

use chassis::database::System;
use chassis::extract::Page;
use seed::shop::Scale;
use testkit::{databases, query_plan};

use super::{healthy, n_plus_one_sql, slow_query, unbounded_result};

const SCALE: Scale = Scale {
    users: 7,
    products: 20,
    orders: 200,
};

#[tokio::test]
async fn all_read_the_same_pages_of_every_user() {
    for test in databases(&crate::seed::DATASET, "list_orders_same", SCALE).await {
        for user in 0..=8 {
            for number in 1..=3 {
                let page = Page { number, size: 13 };
                let mut orders = healthy::page_of_orders(&test.database, user, page).await.unwrap();
                assert_eq!(
                    orders,
                    slow_query::page_of_orders(&test.database, user, page)
                        .await
                        .unwrap()
                );
                let (all, rows) = unbounded_result::page_of_orders(&test.database, user, page)
                    .await
                    .unwrap();
                assert_eq!(orders, all);
                let placed = (1..=SCALE.orders)
                    .filter(|&number| i64::from(seed::shop::order(42, number, SCALE).user) == user);
                assert_eq!(rows, placed.count(), "all of the user's, whatever the page");
                let mut again = orders.clone();
                healthy::add_items(&test.database, &mut orders).await.unwrap();
                n_plus_one_sql::add_items(&test.database, &mut again)
                    .await
                    .unwrap();
                assert_eq!(orders, again);
                assert!(orders.iter().all(|order| !order.items.is_empty()));
                assert!(orders.is_sorted_by(|one, next| one.placed_at_ms > next.placed_at_ms));
            }
        }
    }
}

#[tokio::test]
async fn the_index_serves_one_and_not_the_other() {
    for test in databases(&crate::seed::DATASET, "list_orders_plan", SCALE).await {
        let quick = query_plan(&test.database, &healthy::FIND_ORDERS, "", 3).await;
        match test.database.system() {
            System::Sqlite => {
                assert!(
                    quick.contains("SEARCH orders USING INDEX orders_user (user_id=?)"),
                    "{quick}"
                );
                let slow = query_plan(&test.database, &slow_query::FIND_ORDERS, "", 3).await;
                assert!(slow.contains("SCAN orders"), "{slow}");
            }
            System::Postgres => {
                assert!(quick.contains("Index Cond: (user_id"), "{quick}");
                // A bare number in the place of `$1` would be compared as a number.
                let statement = chassis::database::Statement::new(
                    "SELECT orders",
                    Box::leak(
                        slow_query::FIND_ORDERS
                            .sql()
                            .replace("$1", "'3'")
                            .into_boxed_str(),
                    ),
                );
                let slow = query_plan(&test.database, &statement, "", 3).await;
                assert!(slow.contains("Filter: ((user_id)::text"), "{slow}");
            }
        }
    }
}
