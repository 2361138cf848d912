//! `GET /api/reports/sales?orders=1000`: what the back office wants to know of the latest orders.

mod healthy;
mod missing_timeout;
#[cfg(test)]
mod tests;

use axum::extract::State as Shared;
use axum::response::Response;
use chassis::extract::Query;
use chassis::request::Faults;
use faults::catalogue::MISSING_TIMEOUT;
use http::HeaderMap;
use serde::Deserialize;

use super::{passed_on, signed_in};
use crate::State;
use crate::error::Error;

const OPERATION: &str = "gateway.sales-report";

/// How far back the report goes.
#[derive(Debug, Deserialize)]
pub struct Reach {
    #[serde(default = "latest")]
    orders: u32,
}

fn latest() -> u32 {
    1_000
}

pub async fn sales_report(
    Shared(state): Shared<State>,
    faults: Faults,
    Query(Reach { orders }): Query<Reach>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    signed_in(&state.client, &headers).await?;
    let path = format!("/reports/sales?orders={orders}");
    // What is done behind for nobody is told by the orders service, which does it.
    let report = match faults.find(MISSING_TIMEOUT.name, OPERATION) {
        None => healthy::report(&state.client, path).await?,
        Some(fault) => missing_timeout::report(&state.client, path, fault.duration("patience")).await?,
    };
    Ok(passed_on(report.body))
}
