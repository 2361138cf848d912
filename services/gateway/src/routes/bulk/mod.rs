//! What another service knows of many things: asked by their ids, of which its endpoint takes some at once.

mod healthy;
mod n_plus_one_rpc;
#[cfg(test)]
mod tests;
mod wide_fan_out;

use std::collections::HashMap;

use chassis::client::{Answer, CallError, Client};
use chassis::extract::join_ids;
use chassis::request::Faults;
use chassis::strike::Strike;
use faults::catalogue::{N_PLUS_ONE_RPC, WIDE_FAN_OUT};
use serde::Deserialize;

/// An endpoint that takes ids.
#[derive(Debug, Clone, Copy)]
struct Endpoint {
    service: &'static str,
    path: &'static str,
}

const STOCK: Endpoint = Endpoint {
    service: "orders",
    path: "/stock",
};
const NAMES: Endpoint = Endpoint {
    service: "catalog",
    path: "/products/names",
};

impl Endpoint {
    /// Asks for these, of which there must not be too many.
    async fn ask(self, client: &Client, ids: &[i64]) -> Result<Answer, CallError> {
        let path = format!("{}?ids={}", self.path, join_ids(ids));
        client.get(self.service, self.path, path).send().await
    }
}

/// How many of each of these products can be sold, asked for by that operation.
pub(super) async fn availability(
    client: &Client,
    faults: &Faults,
    operation: &'static str,
    products: &[i64],
) -> Result<HashMap<i64, i64>, CallError> {
    #[derive(Deserialize)]
    struct Stock {
        stock: Vec<Available>,
    }
    #[derive(Deserialize)]
    struct Available {
        product_id: i64,
        available: i64,
    }

    let mut available = HashMap::new();
    for answer in ask(client, faults, operation, STOCK, products).await? {
        let rows = answer.json::<Stock>()?.stock;
        available.extend(rows.into_iter().map(|row| (row.product_id, row.available)));
    }
    Ok(available)
}

/// What each of these products is called, asked for by that operation.
pub(super) async fn names(
    client: &Client,
    faults: &Faults,
    operation: &'static str,
    products: &[i64],
) -> Result<HashMap<i64, String>, CallError> {
    #[derive(Deserialize)]
    struct Names {
        products: Vec<Named>,
    }
    #[derive(Deserialize)]
    struct Named {
        id: i64,
        name: String,
    }

    let mut names = HashMap::new();
    for answer in ask(client, faults, operation, NAMES, products).await? {
        let rows = answer.json::<Names>()?.products;
        names.extend(rows.into_iter().map(|row| (row.id, row.name)));
    }
    Ok(names)
}

async fn ask(
    client: &Client,
    faults: &Faults,
    operation: &'static str,
    endpoint: Endpoint,
    ids: &[i64],
) -> Result<Vec<Answer>, CallError> {
    if faults.find(N_PLUS_ONE_RPC.name, operation).is_some() {
        let mut strike = Strike::counted(N_PLUS_ONE_RPC.name, operation);
        strike.count(ids.len());
        n_plus_one_rpc::ask(client, endpoint, ids).await
    } else if let Some(fault) = faults.find(WIDE_FAN_OUT.name, operation) {
        let mut strike = Strike::counted(WIDE_FAN_OUT.name, operation);
        let (answers, width) = wide_fan_out::ask(client, endpoint, ids, fault.number("width")).await;
        strike.count(width);
        answers
    } else {
        healthy::ask(client, endpoint, ids).await
    }
}
