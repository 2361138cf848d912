//! `GET /reports/sales?orders=1000`: what was sold in the latest orders, and what is bought together, for the back office.
//!
//! This is data processing: every pair of products of every order is counted, and that takes processor time. So it is done
//! on a thread of its own, and ends when nobody waits for it any more.

mod healthy;
mod quadratic_algorithm;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;

use axum::Json;
use axum::extract::State as Shared;
use chassis::database::{Database, DatabaseError, Statement};
use chassis::extract::Query;
use chassis::request::{Deadline, Faults};
use chassis::shutdown::Shutdown;
use chassis::span;
use chassis::strike::Strike;
use chassis::threads;
use faults::catalogue::QUADRATIC_ALGORITHM;
use serde::{Deserialize, Serialize};

use crate::caller::{self, Orphan};
use crate::error::Error;
use crate::{SALES_REPORT, State};

/// The most orders of one report.
pub const MAX_ORDERS: u32 = 10_000;

/// How many pairs are told.
const MOST_PAIRS: usize = 10;

static FIND_SALES: Statement = Statement::new(
    "SELECT order_items",
    "SELECT order_id, product_id, quantity, price_cents FROM order_items
     WHERE order_id > (SELECT COALESCE(MAX(id), 0) FROM orders) - $1
     ORDER BY order_id, product_id",
);

/// How far back the report goes.
#[derive(Debug, Deserialize)]
pub struct Reach {
    #[serde(default = "latest")]
    orders: u32,
}

fn latest() -> u32 {
    1_000
}

/// The report.
#[derive(Debug, Serialize)]
pub struct SalesReport {
    orders: usize,
    revenue_cents: i64,
    bought_together: Vec<Pair>,
}

/// Two products that are in the same orders.
#[derive(Debug, PartialEq, Serialize)]
struct Pair {
    product_ids: [i64; 2],
    orders: u32,
}

/// The products of one order, in ascending order and each once.
type Basket = Vec<i64>;

pub async fn sales_report(
    Shared(state): Shared<State>,
    Query(Reach { orders }): Query<Reach>,
) -> Result<Json<SalesReport>, Error> {
    if !(1..=MAX_ORDERS).contains(&orders) {
        return Err(Error::Reach);
    }
    // It is finished for as long as its deadline allows, also when the caller's connection breaks: who asks again is answered
    // from the database's warm pages.
    let (caller, is_waiting) = caller::waiting();
    let busy = Shutdown::current().map(|shutdown| shutdown.busy());
    let job = span::spawn(async move {
        let strike = Orphan::of_missing_timeout(caller, "gateway.sales-report");
        let report = report(&state, orders).await;
        drop((strike, busy));
        report
    });
    let report = job.await.map_err(|_| Error::NoReport)?;
    drop(is_waiting);
    report.map(Json)
}

async fn report(state: &State, orders: u32) -> Result<SalesReport, Error> {
    let (baskets, revenue_cents) = sales(&state.database, orders).await?;
    let orders = baskets.len();
    let is_struck = Faults::current()
        .find(QUADRATIC_ALGORITHM.name, SALES_REPORT)
        .is_some();
    let strike = is_struck.then(|| Strike::timed(QUADRATIC_ALGORITHM.name, SALES_REPORT));
    let deadline = Deadline::current();
    let span = span::internal("bought together")
        .attribute("report.orders", i64::try_from(orders).unwrap_or(i64::MAX))
        .start();
    let pairs = threads::run(&state.stalls, move || {
        // The span ends with the work, whether or not anybody waits for it.
        let (_strike, _attached) = (strike, span.context().clone().attach());
        let pairs = if is_struck {
            quadratic_algorithm::count(&baskets, deadline)
        } else {
            healthy::count(&baskets, deadline)
        };
        let pairs = pairs.map(most_frequent);
        span.end();
        pairs
    });
    let pairs = pairs.await.map_err(|_| Error::NoReport)?.ok_or(Error::NoTime)?;
    let bought_together = pairs.into_iter().map(|((one, other), orders)| Pair {
        product_ids: [one, other],
        orders,
    });
    Ok(SalesReport {
        orders,
        revenue_cents,
        bought_together: bought_together.collect(),
    })
}

/// The pairs that are in the most orders.
fn most_frequent(mut pairs: Vec<((i64, i64), u32)>) -> Vec<((i64, i64), u32)> {
    pairs.sort_unstable_by_key(|&(pair, orders)| (Reverse(orders), pair));
    pairs.truncate(MOST_PAIRS);
    pairs
}

/// The baskets of the latest orders, and what they came to.
async fn sales(database: &Database, orders: u32) -> Result<(Vec<Basket>, i64), DatabaseError> {
    let rows = database.query(&FIND_SALES).bind(orders).fetch_all().await?;
    let mut baskets: Vec<Basket> = Vec::new();
    let (mut last, mut revenue_cents) = (0, 0);
    for row in &rows {
        let order: i64 = row.get("order_id")?;
        if order != last {
            baskets.push(Basket::new());
            last = order;
        }
        if let Some(basket) = baskets.last_mut() {
            basket.push(row.get("product_id")?);
        }
        revenue_cents += row.get::<i64>("quantity")? * row.get::<i64>("price_cents")?;
    }
    Ok((baskets, revenue_cents))
}
