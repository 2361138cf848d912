//! `GET /control/outbox`: how many orders are on their way to fulfilment, and for how long the oldest has been. Who ends a run
//! waits until there are none.

use axum::Json;
use axum::extract::State as Shared;
use chassis::database::Statement;
use serde::Serialize;

use crate::State;
use crate::clock::now_us;
use crate::error::Error;

static MEASURE: Statement = Statement::new(
    "SELECT outbox",
    "SELECT COUNT(*) AS pending, MIN(enqueued_at_us) AS oldest FROM outbox",
);

/// The state of the outbox.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Length {
    pending: i64,
    oldest_age_ms: i64,
}

pub async fn outbox_length(Shared(state): Shared<State>) -> Result<Json<Length>, Error> {
    let row = state.database.query(&MEASURE).fetch_one().await?;
    let oldest: Option<i64> = row.get("oldest")?;
    let oldest_age_ms = oldest.map_or(0, |oldest| (now_us() - oldest).max(0) / 1000);
    Ok(Json(Length {
        pending: row.get("pending")?,
        oldest_age_ms,
    }))
}
