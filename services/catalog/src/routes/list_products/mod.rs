//! `GET /products?page=1&size=20`: the catalogue, the most popular first.

mod healthy;
#[cfg(test)]
mod tests;
mod unbounded_result;

use axum::Json;
use axum::extract::State as Shared;
use chassis::extract::{Page, Query};
use chassis::request::Faults;
use chassis::strike::Strike;
use faults::catalogue::UNBOUNDED_RESULT;
use serde::Serialize;

use super::ListedProduct;
use crate::State;
use crate::error::Error;

const OPERATION: &str = "catalog.list-products";

/// A page of the catalogue.
#[derive(Debug, Serialize)]
pub struct Products {
    page: u32,
    size: u32,
    products: Vec<ListedProduct>,
}

pub async fn list_products(
    Shared(state): Shared<State>,
    faults: Faults,
    Query(page): Query<Page>,
) -> Result<Json<Products>, Error> {
    let products = match faults.find(UNBOUNDED_RESULT.name, OPERATION) {
        None => healthy::page_of_products(&state.database, page).await?,
        Some(_) => {
            let mut strike = Strike::counted(UNBOUNDED_RESULT.name, OPERATION);
            let (products, rows) = unbounded_result::page_of_products(&state.database, page).await?;
            strike.count(rows);
            products
        }
    };
    Ok(Json(Products {
        page: page.number,
        size: page.size,
        products,
    }))
}
