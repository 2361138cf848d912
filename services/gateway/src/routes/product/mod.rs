//! `GET /api/products/{id}`: a product with its reviews, and how many can be had.

mod details;
mod healthy;
mod sequential_fan_out;

use std::collections::HashMap;

use axum::Json;
use axum::extract::State as Shared;
use chassis::client::{CallError, Client};
use chassis::extract::Path;
use chassis::request::Faults;
use chassis::strike::{Laps, Strike};
use faults::catalogue::SEQUENTIAL_FAN_OUT;
use serde_json::Value;

use super::bulk::availability;
use crate::State;
use crate::error::Error;
use details::details;

const OPERATION: &str = "gateway.product";

pub async fn product(
    Shared(state): Shared<State>,
    faults: Faults,
    Path(id): Path<i64>,
) -> Result<Json<Value>, Error> {
    let sources = Sources {
        client: &state.client,
        faults: &faults,
        id,
        laps: Laps::default(),
    };
    let (mut product, available) = match faults.find(SEQUENTIAL_FAN_OUT.name, OPERATION) {
        None => healthy::fetch(&sources).await?,
        Some(_) => {
            let mut strike = Strike::counted(SEQUENTIAL_FAN_OUT.name, OPERATION);
            let both = sequential_fan_out::fetch(&sources).await;
            strike.measure(sources.laps.lost_ms());
            both?
        }
    };
    product["available"] = available.get(&id).copied().into();
    Ok(Json(product))
}

/// Where the parts of the page come from.
struct Sources<'a> {
    client: &'a Client,
    faults: &'a Faults,
    id: i64,
    laps: Laps,
}

impl Sources<'_> {
    async fn product(&self) -> Result<Value, CallError> {
        let call = details(self.client, self.faults, self.id);
        self.laps.time(call).await
    }

    async fn availability(&self) -> Result<HashMap<i64, i64>, CallError> {
        let ids = std::slice::from_ref(&self.id);
        let call = availability(self.client, self.faults, OPERATION, ids);
        self.laps.time(call).await
    }
}
