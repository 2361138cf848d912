//! `PUT /control/pace`: how many times as long the provider takes as it usually does.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State as Shared;
use http::StatusCode;
use serde::Deserialize;

use crate::State;

/// The slowest.
const MOST: u32 = 100;

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    factor: u32,
}

pub async fn pace(Shared(state): Shared<Arc<State>>, Json(Pace { factor }): Json<Pace>) -> StatusCode {
    if !(1..=MOST).contains(&factor) {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    state.pace.store(factor, Ordering::Relaxed);
    StatusCode::NO_CONTENT
}
