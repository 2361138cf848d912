//! `GET /stock?ids=3,1,4`: how many of these products can be sold.

use axum::Json;
use axum::extract::State as Shared;
use chassis::database::Statement;
use chassis::extract::{Ids, Query};
use serde::Serialize;

use crate::State;
use crate::error::Error;

static FIND_STOCK: Statement = Statement::new(
    "SELECT stock",
    "SELECT product_id, available FROM stock WHERE product_id IN ({list}) ORDER BY product_id",
);

/// The stock of those of the products asked for that there are.
#[derive(Debug, Serialize)]
pub struct Stock {
    stock: Vec<Available>,
}

#[derive(Debug, Serialize)]
struct Available {
    product_id: i64,
    available: i64,
}

pub async fn stock(
    Shared(state): Shared<State>,
    Query(Ids(products)): Query<Ids>,
) -> Result<Json<Stock>, Error> {
    let mut stock = Vec::with_capacity(products.len());
    for row in state
        .database
        .query(&FIND_STOCK)
        .bind_list(&products)
        .fetch_all()
        .await?
    {
        stock.push(Available {
            product_id: row.get("product_id")?,
            available: row.get("available")?,
        });
    }
    Ok(Json(Stock { stock }))
}
