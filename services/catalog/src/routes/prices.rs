//! `GET /products/prices?ids=3,1,4`: what products cost now, for a checkout.

use axum::Json;
use axum::extract::State as Shared;
use chassis::extract::{Ids, Query};
use serde::Serialize;

use crate::State;
use crate::error::Error;

/// The prices of those of the products asked for that there are.
#[derive(Debug, Serialize)]
pub struct Prices {
    prices: Vec<Price>,
}

#[derive(Debug, Serialize)]
struct Price {
    product_id: i64,
    price_cents: i64,
}

pub async fn prices(
    Shared(state): Shared<State>,
    Query(Ids(products)): Query<Ids>,
) -> Result<Json<Prices>, Error> {
    let prices = state.prices.get(&products).await?;
    let prices = prices
        .into_iter()
        .map(|(product_id, price_cents)| Price {
            product_id,
            price_cents,
        })
        .collect();
    Ok(Json(Prices { prices }))
}
