//! `GET /orders/{id}`: one order with its items.

use axum::Json;
use axum::extract::State as Shared;
use chassis::extract::Path;

use crate::State;
use crate::checkout::{self, Order};
use crate::error::Error;

pub async fn order(Shared(state): Shared<State>, Path(id): Path<i64>) -> Result<Json<Order>, Error> {
    Ok(Json(checkout::order(&state.database, id).await?))
}
