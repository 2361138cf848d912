//! The orders by the index on user and time, and the items of the whole page in one query.

use std::collections::HashMap;

use chassis::database::{Database, DatabaseError, Statement};
use chassis::extract::Page;

use super::{item, order};
use crate::checkout::Order;

pub(super) static FIND_ORDERS: Statement = Statement::new(
    "SELECT orders",
    "SELECT id, user_id, placed_at_ms, status, total_cents FROM orders
     WHERE user_id = $1
     ORDER BY placed_at_ms DESC, id DESC LIMIT $2 OFFSET $3",
);

static FIND_ITEMS: Statement = Statement::new(
    "SELECT order_items",
    "SELECT order_id, product_id, quantity, price_cents FROM order_items
     WHERE order_id IN ({list}) ORDER BY order_id, position",
);

pub(super) async fn page_of_orders(
    database: &Database,
    user: i64,
    page: Page,
) -> Result<Vec<Order>, DatabaseError> {
    let query = database
        .query(&FIND_ORDERS)
        .bind(user)
        .bind(page.size)
        .bind(page.offset());
    query.fetch_all().await?.iter().map(order).collect()
}

pub(super) async fn add_items(database: &Database, orders: &mut [Order]) -> Result<(), DatabaseError> {
    let ids: Vec<i64> = orders.iter().map(|order| order.id).collect();
    let mut items = HashMap::<i64, Vec<_>>::new();
    for row in database.query(&FIND_ITEMS).bind_list(&ids).fetch_all().await? {
        items.entry(row.get("order_id")?).or_default().push(item(&row)?);
    }
    for order in orders {
        order.items = items.remove(&order.id).unwrap_or_default();
    }
    Ok(())
}
