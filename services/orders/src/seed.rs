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
