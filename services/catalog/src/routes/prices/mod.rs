//! `GET /products/prices?ids=3,1,4`: what products cost now, for a checkout.

mod cache_bypass;
mod cache_stampede;
mod healthy;
mod mutex_across_io;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Instant;

use axum::Json;
use axum::extract::State as Shared;
use chassis::database::DatabaseError;
use chassis::extract::{Ids, Query};
use chassis::request::Faults;
use chassis::strike::Strike;
use faults::catalogue::{CACHE_BYPASS, CACHE_STAMPEDE, MUTEX_ACROSS_IO};
use serde::Serialize;

pub(crate) use mutex_across_io::Kept as KeptPrices;

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
    let prices = current(&state, &faults, &products).await?;
    let prices = prices
        .into_iter()
        .map(|(product_id, price_cents)| Price {
            product_id,
            price_cents,
        })
        .collect();
    Ok(Json(Prices { prices }))
}

/// What those of the products that there are cost now, in cents.
async fn current(
    state: &State,
    faults: &Faults,
    products: &[i64],
) -> Result<BTreeMap<i64, i64>, DatabaseError> {
    if faults.find(CACHE_BYPASS.name, OPERATION).is_some() {
        let mut strike = Strike::counted(CACHE_BYPASS.name, OPERATION);
        let (prices, misses) = cache_bypass::prices(state, products).await?;
        strike.count(misses);
        Ok(prices)
    } else if let Some(fault) = faults.find(CACHE_STAMPEDE.name, OPERATION) {
        let mut strike = Strike::counted(CACHE_STAMPEDE.name, OPERATION);
        strike.count(0);
        let lifetime = fault.duration("lifetime");
        // Who finds the list as it is keeps nobody waiting.
        let reads = state.price_list.find(lifetime).is_none();
        let _crowding = reads.then(|| state.database.crowding(CACHE_STAMPEDE.name, OPERATION));
        let (prices, loads) = cache_stampede::prices(state, products, lifetime).await?;
        strike.count(loads);
        Ok(prices)
    } else if faults.find(MUTEX_ACROSS_IO.name, OPERATION).is_some() {
        let mut strike = Strike::counted(MUTEX_ACROSS_IO.name, OPERATION);
        let asked = Instant::now();
        let kept = state.locked_prices.lock().await;
        strike.measure(asked.elapsed().as_secs_f64() * 1000.0);
        mutex_across_io::prices(kept, &state.prices, products).await
    } else {
        healthy::prices(state, products).await
    }
}
