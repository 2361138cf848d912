//! What this service offers, one file per use case.

mod list_products;
mod names;
mod prices;
mod product;
mod search;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use chassis::database::{DatabaseError, Row};
use chassis::threads::watch;
use serde::Serialize;

use crate::State;

pub(crate) use prices::KeptPrices;
pub(crate) use product::FIND_PRODUCT as ONE_PRODUCT;
pub use search::MAX_WORDS;
pub(crate) use search::OPERATION as SEARCH;

/// All routes.
pub fn router(state: State) -> Router {
    Router::new()
        .route("/products", get(list_products::list_products))
        .route("/products/names", get(names::names))
        .route("/products/prices", get(prices::prices))
        .route("/products/{id}", get(product::product))
        .route("/search", get(search::search))
        .route_layer(from_fn_with_state(state.stalls.clone(), watch))
        .with_state(state)
}

/// A product in a list.
#[derive(Debug, PartialEq, Serialize)]
struct ListedProduct {
    id: i64,
    name: String,
    price_cents: i64,
}

impl ListedProduct {
    fn from_row(row: &Row) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            price_cents: row.get("price_cents")?,
        })
    }
}
