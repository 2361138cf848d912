//! The orders and the stock that a shop starts with.

use chassis::seeding::{Dataset, Migrations, Rows, Table};
use seed::shop::{self, Scale};

/// What the database of this service starts with.
pub static DATASET: Dataset = Dataset {
    service: "orders",
    sqlite: Migrations {
        tables: include_str!("../migrations/sqlite/tables.sql"),
        indexes: include_str!("../migrations/sqlite/indexes.sql"),
    },
    postgres: Migrations {
        tables: include_str!("../migrations/postgres/tables.sql"),
        indexes: include_str!("../migrations/postgres/indexes.sql"),
    },
    tables: &[
        Table {
            name: "orders",
            columns: &["id", "user_id", "placed_at_ms", "status", "total_cents"],
            rows: orders,
        },
        Table {
            name: "order_items",
            columns: &["order_id", "position", "product_id", "quantity", "price_cents"],
            rows: order_items,
        },
        Table {
            name: "stock",
            columns: &["product_id", "available"],
            rows: stock,
        },
    ],
};

fn orders(seed: u64, scale: Scale) -> Rows {
    Box::new((1..=scale.orders).map(move |number| {
        let order = shop::order(seed, number, scale);
        let total: i64 = order
            .items
            .iter()
            .map(|item| i64::from(item.quantity) * i64::from(item.price_cents))
            .sum();
        vec![
            number.into(),
            order.user.into(),
            order.placed_at_ms.into(),
            order.status.into(),
            total.into(),
        ]
    }))
}

fn order_items(seed: u64, scale: Scale) -> Rows {
    Box::new((1..=scale.orders).flat_map(move |number| {
        shop::order(seed, number, scale)
            .items
            .into_iter()
            .zip(1_u32..)
            .map(move |(item, position)| {
                vec![
                    number.into(),
                    position.into(),
                    item.product.into(),
                    item.quantity.into(),
                    item.price_cents.into(),
                ]
            })
    }))
}

fn stock(seed: u64, scale: Scale) -> Rows {
    Box::new(
        (1..=scale.products).map(move |number| vec![number.into(), shop::product(seed, number).stock.into()]),
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use chassis::Options;
    use chassis::database::Database;
    use chassis::options::DatabaseUrl;
    use chassis::seeding::{Cache, prepare};
    use testkit::{databases, number};

    use super::*;

    const SCALE: Scale = Scale {
        users: 30,
        products: 40,
        orders: 900,
    };
    const CHECKSUM: &str = "SELECT CAST(SUM(order_id * (7 * position + 11 * product_id + 13 * quantity + price_cents)) \
                            AS BIGINT) FROM order_items";

    fn checksum() -> i64 {
        let rows = order_items(42, SCALE).map(|row| {
            let row: Vec<i64> = row
                .iter()
                .map(|value| match value {
                    chassis::seeding::Value::Integer(number) => *number,
                    chassis::seeding::Value::Text(_) => 0,
                })
                .collect();
            row[0] * (7 * row[1] + 11 * row[2] + 13 * row[3] + row[4])
        });
        rows.sum()
    }

    #[tokio::test]
    async fn both_databases_hold_what_the_seed_says() {
        for test in databases(&DATASET, "seed_same", SCALE).await {
            assert_eq!(number(&test.database, CHECKSUM).await, checksum());
            assert_eq!(number(&test.database, "SELECT COUNT(*) FROM orders").await, 900);
            assert_eq!(number(&test.database, "SELECT COUNT(*) FROM stock").await, 40);
        }
    }

    async fn load(directory: &Path, cache: &Cache) -> i64 {
        let url = DatabaseUrl::Sqlite(directory.to_owned());
        let database = Database::new("orders", &url, &Options::with_defaults()).unwrap();
        prepare(&DATASET, 42, SCALE, &database, Some(cache))
            .await
            .unwrap();
        number(&database, CHECKSUM).await
    }

    #[tokio::test]
    async fn the_cache_gives_the_same_rows_and_a_damaged_one_is_built_again() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path().join("cache"));
        assert_eq!(load(&directory.path().join("first"), &cache).await, checksum());
        let entries = || {
            std::fs::read_dir(directory.path().join("cache"))
                .unwrap()
                .flatten()
        };
        let database = entries().find(|entry| entry.path().extension().is_some_and(|kind| kind == "db"));
        let database = database.unwrap().path();
        let built = std::fs::read(&database).unwrap();

        assert_eq!(load(&directory.path().join("second"), &cache).await, checksum());
        std::fs::write(&database, &built[..built.len() / 2]).unwrap();
        assert_eq!(load(&directory.path().join("third"), &cache).await, checksum());
        assert_eq!(std::fs::read(&database).unwrap().len(), built.len());
        assert_eq!(entries().count(), 2);
    }

    #[tokio::test]
    async fn a_database_that_is_there_is_kept_with_what_was_written_since() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path().join("cache"));
        let shop = directory.path().join("shop");
        let before = load(&shop, &cache).await;
        let url = DatabaseUrl::Sqlite(shop.clone());
        let database = Database::new("orders", &url, &Options::with_defaults()).unwrap();
        testkit::execute(&database, "UPDATE order_items SET quantity = quantity + 1").await;
        assert_ne!(load(&shop, &cache).await, before);
    }
}
