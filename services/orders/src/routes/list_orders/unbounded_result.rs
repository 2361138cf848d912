//! All orders of the user, of which the page is cut out here.

use chassis::database::{Database, DatabaseError, Statement};
use chassis::extract::Page;

use super::order;
use crate::checkout::Order;

static FIND_ORDERS: Statement = Statement::new(
    "SELECT orders",
    "SELECT id, user_id, placed_at_ms, status, total_cents FROM orders
     WHERE user_id = $1
     ORDER BY placed_at_ms DESC, id DESC",
);

/// And how many rows were read.
pub(super) async fn page_of_orders(
    database: &Database,
    user: i64,
    page: Page,
) -> Result<(Vec<Order>, usize), DatabaseError> {
    let rows = database.query(&FIND_ORDERS).bind(user).fetch_all().await?;
    let mut orders: Vec<Order> = rows.iter().map(order).collect::<Result<_, _>>()?;
    let first = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    orders.drain(..first.min(orders.len()));
    orders.truncate(page.size as usize);
    Ok((orders, rows.len()))
}
