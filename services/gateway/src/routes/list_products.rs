//! `GET /api/products?page=1&size=20`: a page of the catalogue, with what is in stock.

use axum::Json;
use axum::extract::State as Shared;
use chassis::extract::{Page, Query};
use serde::{Deserialize, Serialize};

use super::{ListedProduct, OfferedProduct, availability, offered};
use crate::State;
use crate::error::Error;

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
    let available = availability(&state.client, &ids).await?;
    Ok(Json(Products {
        page: page.number,
        size: page.size,
        products: offered(products, &available),
    }))
}
