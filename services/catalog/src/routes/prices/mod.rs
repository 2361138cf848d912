//! `GET /products/prices?ids=3,1,4`: what products cost now, for a checkout.

mod cache_bypass;
mod healthy;
#[cfg(test)]
mod tests;

use axum::Json;
use axum::extract::State as Shared;
use chassis::extract::{Ids, Query};
use chassis::request::Faults;
use chassis::strike::Strike;
use faults::catalogue::CACHE_BYPASS;
use serde::Serialize;

use crate::State;
use crate::error::Error;

const OPERATION: &str = "catalog.prices";

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
    faults: Faults,
    Query(Ids(products)): Query<Ids>,
) -> Result<Json<Prices>, Error> {
    let prices = match faults.find(CACHE_BYPASS.name, OPERATION) {
        None => healthy::prices(&state, &products).await?,
        Some(_) => {
            let mut strike = Strike::counted(CACHE_BYPASS.name, OPERATION);
            let (prices, misses) = cache_bypass::prices(&state, &products).await?;
            strike.count(misses);
            prices
        }
    };
    let prices = prices
        .into_iter()
        .map(|(product_id, price_cents)| Price {
            product_id,
            price_cents,
        })
        .collect();
    Ok(Json(Prices { prices }))
}
