//! `POST /functions/notify`: tells the customer that the parcel is on its way.

use axum::extract::State as Shared;
use chassis::database::Statement;
use chassis::extract::Json;
use http::StatusCode;

use super::{Event, now_ms};
use crate::State;
use crate::error::Error;
use crate::instances::instance;

/// The customer is told once.
static NOTIFY: Statement = Statement::new(
    "UPDATE shipments",
    "UPDATE shipments SET notified_at_ms = COALESCE(notified_at_ms, $2), stage = 'notified'
     WHERE order_id = $1 AND stage <> 'reserved'",
);

pub async fn notify(Shared(state): Shared<State>, Json(event): Json<Event>) -> Result<StatusCode, Error> {
    let instance = instance(&state, "fulfilment.notify").await?;
    if instance
        .database
        .query(&NOTIFY)
        .bind(event.order_id)
        .bind(now_ms())
        .execute()
        .await?
        == 0
    {
        return Err(Error::OutOfTurn);
    }
    Ok(StatusCode::NO_CONTENT)
}
