//! How many of some products can be had: the orders service knows.

mod healthy;
mod n_plus_one_rpc;
#[cfg(test)]
mod tests;
mod wide_fan_out;

use std::collections::HashMap;

use chassis::client::{CallError, Client};
use chassis::request::Faults;
use chassis::strike::Strike;
use faults::catalogue::{N_PLUS_ONE_RPC, WIDE_FAN_OUT};
use serde::Deserialize;

#[derive(Deserialize)]
struct Stock {
    stock: Vec<Available>,
}

#[derive(Deserialize)]
struct Available {
    product_id: i64,
    available: i64,
}

/// How many of each of these products can be sold, asked for by that operation.
pub(super) async fn availability(
    client: &Client,
    faults: &Faults,
    operation: &'static str,
    products: &[i64],
) -> Result<HashMap<i64, i64>, CallError> {
    if faults.find(N_PLUS_ONE_RPC.name, operation).is_some() {
        let mut strike = Strike::counted(N_PLUS_ONE_RPC.name, operation);
        strike.count(products.len());
        n_plus_one_rpc::availability(client, products).await
    } else if let Some(fault) = faults.find(WIDE_FAN_OUT.name, operation) {
        let mut strike = Strike::counted(WIDE_FAN_OUT.name, operation);
        let (available, width) = wide_fan_out::availability(client, products, fault.number("width")).await;
        strike.count(width);
        available
    } else {
        healthy::availability(client, products).await
    }
}
