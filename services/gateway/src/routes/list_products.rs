//! `GET /api/products?page=1&size=20`: a page of the catalogue, with what is in stock.

use axum::Json;
use axum::extract::State as Shared;
use chassis::extract::{Page, Query};
use chassis::request::Faults;
use serde::{Deserialize, Serialize};

use super::bulk::availability;
use super::{ListedProduct, OfferedProduct, offered};
use crate::State;
use crate::error::Error;

const OPERATION: &str = "gateway.list-products";

/// A page of the catalogue.
#[derive(Debug, Serialize)]
pub struct Products {
    page: u32,
    size: u32,
    products: Vec<OfferedProduct>,
}

#[derive(Deserialize)]
struct Listed {
    products: Vec<ListedProduct>,
}

pub async fn list_products(
    Shared(state): Shared<State>,
    faults: Faults,
    Query(page): Query<Page>,
) -> Result<Json<Products>, Error> {
    let path = format!("/products?page={}&size={}", page.number, page.size);
    let Listed { products } = state
        .client
        .get("catalog", "/products", path)
        .send()
        .await?
        .json()?;
    let ids: Vec<i64> = products.iter().map(|product| product.id).collect();
    let available = availability(&state.client, &faults, OPERATION, &ids).await?;
    Ok(Json(Products {
        page: page.number,
        size: page.size,
        products: offered(products, &available),
    }))
}
