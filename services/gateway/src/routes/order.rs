//! `GET /api/orders/{id}`: one of the caller's orders.

use axum::Json;
use axum::extract::State as Shared;
use chassis::extract::Path;
use http::HeaderMap;
use serde_json::Value;

use super::signed_in;
use crate::State;
use crate::error::Error;

pub async fn order(
    Shared(state): Shared<State>,
    Path(id): Path<i64>,
    headers: HeaderMap,
) -> Result<Json<Value>, Error> {
    let user = signed_in(&state.client, &headers).await?;
    let call = state
        .client
        .get("orders", "/orders/{id}", format!("/orders/{id}"));
    let order: Value = call.send().await?.json()?;
    if order["user_id"].as_i64() == Some(user.id) {
        Ok(Json(order))
    } else {
        Err(Error::UnknownOrder)
    }
}
