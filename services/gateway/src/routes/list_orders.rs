//! `GET /api/orders?page=1&size=20`: the caller's orders with their items, the newest first. What was bought is called what the
//! catalog calls it now.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State as Shared;
use chassis::extract::{Page, Query};
use chassis::request::Faults;
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::bulk::names;
use super::signed_in;
use crate::State;
use crate::error::Error;

const OPERATION: &str = "gateway.list-orders";

/// A page of the order history, as it comes from the orders service and, with names, as it goes out.
#[derive(Debug, Serialize, Deserialize)]
pub struct Orders {
    page: u32,
    size: u32,
    orders: Vec<Order>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Order {
    id: i64,
    user_id: i64,
    placed_at_ms: i64,
    status: String,
    total_cents: i64,
    items: Vec<Item>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Item {
    product_id: i64,
    /// None for what is not sold any more.
    #[serde(default)]
    name: Option<String>,
    quantity: i64,
    price_cents: i64,
}

pub async fn list_orders(
    Shared(state): Shared<State>,
    faults: Faults,
    Query(page): Query<Page>,
    headers: HeaderMap,
) -> Result<Json<Orders>, Error> {
    let client = &state.client;
    let user = signed_in(client, &headers).await?;
    let path = format!(
        "/orders?user_id={}&page={}&size={}",
        user.id, page.number, page.size
    );
    let answer = client.get("orders", "/orders", path).send().await?;
    let mut orders: Orders = answer.json()?;
    let names = names(client, &faults, OPERATION, &orders.products()).await?;
    orders.name(&names);
    Ok(Json(orders))
}

impl Orders {
    /// The products that were bought, each once.
    fn products(&self) -> Vec<i64> {
        let items = self.orders.iter().flat_map(|order| &order.items);
        let mut products: Vec<i64> = items.map(|item| item.product_id).collect();
        products.sort_unstable();
        products.dedup();
        products
    }

    fn name(&mut self, names: &HashMap<i64, String>) {
        for item in self.orders.iter_mut().flat_map(|order| &mut order.items) {
            item.name = names.get(&item.product_id).cloned();
        }
    }
}
