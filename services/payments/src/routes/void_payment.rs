//! `POST /payments/{key}/void`: takes a payment back if it was not made yet. Its answer is final: after `void` the payment will
//! never be made, however late a request for it arrives, and after `paid` it was.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};

use crate::State;
use crate::error::Error;
use crate::ledger::{Payment, Status};
use crate::remember::PLAINLY;

pub async fn void_payment(
    Shared(state): Shared<Arc<State>>,
    Path(key): Path<String>,
) -> Result<Json<Payment>, Error> {
    let void = Payment {
        key: key.clone(),
        amount_cents: 0,
        status: Status::Void,
    };
    Ok(Json(state.ledger.decide(&key, async { void }, PLAINLY).await?))
}
