//! `POST /api/orders`: places an order. Whoever sends the same `Idempotency-Key` again gets the first answer again.

use axum::Json as Body;
use axum::extract::State as Shared;
use chassis::extract::Json;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::signed_in;
use crate::State;
use crate::error::Error;

/// What is ordered.
#[derive(Debug, Deserialize)]
pub struct Request {
    items: Vec<Line>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    product_id: i64,
    quantity: i64,
}

pub async fn create_order(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    Json(request): Json<Request>,
) -> Result<(StatusCode, Body<Value>), Error> {
    let user = signed_in(&state.client, &headers).await?;
    let order = json!({ "user_id": user.id, "items": request.items });
    let call = state.client.post("orders", "/orders", "/orders").json(&order);
    let call = match headers.get("idempotency-key").and_then(|key| key.to_str().ok()) {
        Some(key) => call.header("idempotency-key", key),
        None => call,
    };
    Ok((StatusCode::CREATED, Body(call.send().await?.json()?)))
}
