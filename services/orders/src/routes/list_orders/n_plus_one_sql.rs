//! For each order of the page, a query for its items.

use chassis::database::{Database, DatabaseError, Statement};

use super::item;
use crate::checkout::Order;

static FIND_ITEMS: Statement = Statement::new(
    "SELECT order_items",
    "SELECT product_id, quantity, price_cents FROM order_items WHERE order_id = $1 ORDER BY position",
);

pub(super) async fn add_items(database: &Database, orders: &mut [Order]) -> Result<(), DatabaseError> {
    for order in orders {
        let rows = database.query(&FIND_ITEMS).bind(order.id).fetch_all().await?;
        order.items = rows.iter().map(item).collect::<Result<_, _>>()?;
    }
    Ok(())
}
