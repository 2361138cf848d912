//! Waits for so long, and goes. The call goes on: the provider is not told how long anybody waits, nor that nobody does any more, and
//! charges the customer.

use std::time::Duration;

use chassis::client::{Answer, CallError, Client};
use chassis::span;
use tokio::sync::MutexGuard;

use super::Request;

/// `until_over` lasts as long as the call.
pub(super) async fn charge(
    provider: MutexGuard<'_, Client>,
    request: Request,
    patience: Duration,
    until_over: impl Send + 'static,
) -> Result<Answer, CallError> {
    let client = provider.clone();
    drop(provider);
    let call = span::spawn(async move {
        let call = client.post("payments", "/payments", "/payments").json(&request);
        let answer = call.unbounded().send().await;
        drop(until_over);
        answer
    });
    match tokio::time::timeout(patience, call).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) | Err(_) => Err(CallError::Timeout {
            upstream: "payments".to_owned(),
        }),
    }
}
