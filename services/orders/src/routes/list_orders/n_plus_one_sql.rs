//! Which items the orders of the page have, and then each of them, one query an item.

use std::collections::HashMap;

use chassis::database::{Database, DatabaseError, Statement};

use super::item;
use crate::checkout::Order;

static FIND_ITEM_KEYS: Statement = Statement::new(
    "SELECT order_items",
    "SELECT order_id, position FROM order_items
     WHERE order_id IN ({list}) ORDER BY order_id, position",
);

static FIND_ITEM: Statement = Statement::new(
    "SELECT order_items",
    "SELECT product_id, quantity, price_cents FROM order_items WHERE order_id = $1 AND position = $2",
);

pub(super) async fn add_items(database: &Database, orders: &mut [Order]) -> Result<(), DatabaseError> {
    let ids: Vec<i64> = orders.iter().map(|order| order.id).collect();
    let mut items = HashMap::<i64, Vec<_>>::new();
    for key in database
        .query(&FIND_ITEM_KEYS)
        .bind_list(&ids)
        .fetch_all()
        .await?
    {
        let (order, position): (i64, i64) = (key.get("order_id")?, key.get("position")?);
        let row = database
            .query(&FIND_ITEM)
            .bind(order)
            .bind(position)
            .fetch_one()
            .await?;
        items.entry(order).or_default().push(item(&row)?);
    }
    for order in orders {
        order.items = items.remove(&order.id).unwrap_or_default();
    }
    Ok(())
}
