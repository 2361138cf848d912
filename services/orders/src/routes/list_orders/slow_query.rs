//! The user's number is compared as text, as it came in the request. That is what a mapper makes of a key whose type it does not
//! know. The index holds numbers: it cannot serve this, and the database reads every order of every user.

use chassis::database::{Database, DatabaseError, Statement};
use chassis::extract::Page;

use super::order;
use crate::checkout::Order;

pub(super) static FIND_ORDERS: Statement = Statement::new(
    "SELECT orders",
    "SELECT id, user_id, placed_at_ms, status, total_cents FROM orders
     WHERE CAST(user_id AS TEXT) = $1
     ORDER BY placed_at_ms DESC, id DESC LIMIT $2 OFFSET $3",
);

pub(super) async fn page_of_orders(
    database: &Database,
    user: i64,
    page: Page,
) -> Result<Vec<Order>, DatabaseError> {
    let query = database
        .query(&FIND_ORDERS)
        .bind(user.to_string())
        .bind(page.size)
        .bind(page.offset());
    query.fetch_all().await?.iter().map(order).collect()
}
