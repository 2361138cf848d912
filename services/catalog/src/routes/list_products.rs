//! `GET /products?page=1&size=20`: the catalogue, the most popular first.

use axum::Json;
use axum::extract::State as Shared;
use chassis::database::{DatabaseError, Statement};
use chassis::extract::{Page, Query};
use serde::Serialize;

use super::ListedProduct;
use crate::State;
use crate::error::Error;

static LIST_PRODUCTS: Statement = Statement::new(
    "SELECT products",
    "SELECT id, name, price_cents FROM products ORDER BY id LIMIT $1 OFFSET $2",
);

/// A page of the catalogue.
#[derive(Debug, Serialize)]
pub struct Products {
    page: u32,
    size: u32,
    products: Vec<ListedProduct>,
}

pub async fn list_products(
    Shared(state): Shared<State>,
    Query(page): Query<Page>,
) -> Result<Json<Products>, Error> {
    let rows = state
        .database
        .query(&LIST_PRODUCTS)
        .bind(page.size)
        .bind(page.offset())
        .fetch_all()
        .await?;
    let products = rows
        .iter()
        .map(ListedProduct::from_row)
        .collect::<Result<_, DatabaseError>>()?;
    Ok(Json(Products {
        page: page.number,
        size: page.size,
        products,
    }))
}
