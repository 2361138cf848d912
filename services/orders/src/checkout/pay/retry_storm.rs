//! Makes the call again at once when it fails, up to so many times: under one key the user is charged once.

use chassis::client::{Answer, CallError, Client};
use tokio::sync::MutexGuard;

use super::Request;

/// And how often the call was made.
pub(super) async fn charge(
    provider: MutexGuard<'_, Client>,
    request: &Request,
    attempts: u64,
) -> (Result<Answer, CallError>, usize) {
    let client = provider.clone();
    drop(provider);
    let mut attempt = 0;
    loop {
        let call = client.post("payments", "/payments", "/payments").json(request);
        let answer = call.resent(attempt, 0).send().await;
        attempt += 1;
        match answer {
            Err(error) if !error.is_for_good() && u64::from(attempt) < attempts => {}
            answer => return (answer, attempt as usize),
        }
    }
}
