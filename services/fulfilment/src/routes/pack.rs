//! `POST /functions/pack`: packs what was set aside, then has the customer told.

use axum::extract::State as Shared;
use chassis::database::Statement;
use chassis::extract::Json;
use http::StatusCode;

use super::{Event, now_ms};
use crate::State;
use crate::error::Error;
use crate::instances::instance;

/// What is packed already keeps its time.
static PACK: Statement = Statement::new(
    "UPDATE shipments",
    "UPDATE shipments SET packed_at_ms = COALESCE(packed_at_ms, $2),
                          stage = CASE stage WHEN 'reserved' THEN 'packed' ELSE stage END
     WHERE order_id = $1",
);

pub async fn pack(Shared(state): Shared<State>, Json(event): Json<Event>) -> Result<StatusCode, Error> {
    let instance = instance(&state, "fulfilment.pack").await?;
    if instance
        .database
        .query(&PACK)
        .bind(event.order_id)
        .bind(now_ms())
        .execute()
        .await?
        == 0
    {
        return Err(Error::OutOfTurn);
    }
    instance
        .client
        .post("fulfilment", "/functions/notify", "/functions/notify")
        .json(&event)
        .send()
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
