//! Waits for so long, and goes. The orders service is not told how long that is, nor that nobody waits any more.

use std::time::Duration;

use chassis::client::{Answer, CallError, Client};

pub(super) async fn report(client: &Client, path: String, patience: Duration) -> Result<Answer, CallError> {
    let call = client.get("orders", "/reports/sales", path).unbounded();
    match tokio::time::timeout(patience, call.send()).await {
        Ok(answer) => answer,
        Err(_) => Err(CallError::Timeout {
            upstream: "orders".to_owned(),
        }),
    }
}
