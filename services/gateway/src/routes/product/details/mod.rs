//! What the catalog knows of a product.

mod healthy;
mod retry_storm;
#[cfg(test)]
mod tests;

use chassis::client::{CallError, Client};
use chassis::request::Faults;
use faults::catalogue::RETRY_STORM;
use serde_json::Value;

use super::OPERATION;

/// The product with its reviews. How often this is asked in vain is told by the catalog, which is asked.
pub(super) async fn details(client: &Client, faults: &Faults, id: i64) -> Result<Value, CallError> {
    match faults.find(RETRY_STORM.name, OPERATION) {
        None => healthy::details(client, id).await,
        Some(storm) => retry_storm::details(client, id, storm.number("attempts")).await,
    }
}
