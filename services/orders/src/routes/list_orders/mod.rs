//! `GET /orders?user_id=17&page=1&size=20`: a user's orders with their items, the newest first.

mod healthy;
mod n_plus_one_sql;
mod slow_query;
#[cfg(test)]
mod tests;
mod unbounded_result;

use axum::Json;
use axum::extract::State as Shared;
use chassis::database::{Database, DatabaseError, Row};
use chassis::extract::{Page, Query};
use chassis::request::Faults;
use chassis::strike::Strike;
use faults::catalogue::{N_PLUS_ONE_SQL, SLOW_QUERY, UNBOUNDED_RESULT};
use serde::{Deserialize, Serialize};

use crate::State;
use crate::checkout::{Item, Order};
use crate::error::Error;

const OPERATION: &str = "orders.list-orders";

/// Whose orders.
#[derive(Debug, Deserialize)]
pub struct User {
    user_id: i64,
}

/// A page of the order history.
#[derive(Debug, Serialize)]
pub struct Orders {
    page: u32,
    size: u32,
    orders: Vec<Order>,
}

pub async fn list_orders(
    Shared(state): Shared<State>,
    faults: Faults,
    Query(User { user_id }): Query<User>,
    Query(page): Query<Page>,
) -> Result<Json<Orders>, Error> {
    let database = &state.database;
    let mut orders = page_of_orders(database, &faults, user_id, page).await?;
    match faults.find(N_PLUS_ONE_SQL.name, OPERATION) {
        None => healthy::add_items(database, &mut orders).await?,
        Some(_) => {
            let mut strike = Strike::counted(N_PLUS_ONE_SQL.name, OPERATION);
            n_plus_one_sql::add_items(database, &mut orders).await?;
            strike.count(1 + orders.iter().map(|order| order.items.len()).sum::<usize>());
        }
    }
    Ok(Json(Orders {
        page: page.number,
        size: page.size,
        orders,
    }))
}

async fn page_of_orders(
    database: &Database,
    faults: &Faults,
    user: i64,
    page: Page,
) -> Result<Vec<Order>, DatabaseError> {
    if faults.find(SLOW_QUERY.name, OPERATION).is_some() {
        let _strike = Strike::timed(SLOW_QUERY.name, OPERATION);
        slow_query::page_of_orders(database, user, page).await
    } else if faults.find(UNBOUNDED_RESULT.name, OPERATION).is_some() {
        let mut strike = Strike::counted(UNBOUNDED_RESULT.name, OPERATION);
        let (orders, rows) = unbounded_result::page_of_orders(database, user, page).await?;
        strike.count(rows);
        Ok(orders)
    } else {
        healthy::page_of_orders(database, user, page).await
    }
}

/// An order whose items are yet to be added.
fn order(row: &Row) -> Result<Order, DatabaseError> {
    Ok(Order {
        id: row.get("id")?,
        user_id: row.get("user_id")?,
        placed_at_ms: row.get("placed_at_ms")?,
        status: row.get("status")?,
        total_cents: row.get("total_cents")?,
        items: Vec::new(),
    })
}

fn item(row: &Row) -> Result<Item, DatabaseError> {
    Ok(Item {
        product_id: row.get("product_id")?,
        quantity: row.get("quantity")?,
        price_cents: row.get("price_cents")?,
    })
}
