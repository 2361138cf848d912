//! `POST /functions/reserve`: sets the goods aside, then has them packed.

use axum::extract::State as Shared;
use chassis::database::Statement;
use chassis::extract::Json;
use http::StatusCode;

use super::{Event, now_ms};
use crate::State;
use crate::error::Error;
use crate::instances::instance;

/// A message that comes a second time changes nothing.
static RESERVE: Statement = Statement::new(
    "INSERT shipments",
    "INSERT INTO shipments (order_id, stage, reserved_at_ms) VALUES ($1, 'reserved', $2)
     ON CONFLICT (order_id) DO NOTHING",
);

pub async fn reserve(Shared(state): Shared<State>, Json(event): Json<Event>) -> Result<StatusCode, Error> {
    let instance = instance(&state, "fulfilment.reserve").await?;
    instance
        .database
        .query(&RESERVE)
        .bind(event.order_id)
        .bind(now_ms())
        .execute()
        .await?;
    instance
        .client
        .post("fulfilment", "/functions/pack", "/functions/pack")
        .json(&event)
        .send()
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
