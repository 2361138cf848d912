//! `GET /control/outbox`: how many orders are on their way to fulfilment. Who ends a run waits until there are none.

use axum::Json;
use axum::extract::State as Shared;

use crate::State;
use crate::backlog::{Backlog, measure};
use crate::error::Error;

pub async fn outbox_length(Shared(state): Shared<State>) -> Result<Json<Backlog>, Error> {
    Ok(Json(measure(&state.database).await?))
}
