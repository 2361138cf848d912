//! `GET /payments/{key}`: what became of a payment.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};

use crate::State;
use crate::error::Error;
use crate::ledger::Payment;

pub async fn find_payment(
    Shared(state): Shared<Arc<State>>,
    Path(key): Path<String>,
) -> Result<Json<Payment>, Error> {
    state.ledger.find(&key).map(Json).ok_or(Error::NotFound)
}
