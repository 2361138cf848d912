//! Takes what it needs from behind the lock, gives the lock back, and then makes the call.

use chassis::client::{Answer, CallError, Client};
use tokio::sync::MutexGuard;

use super::Request;

pub(super) async fn charge(provider: MutexGuard<'_, Client>, request: &Request) -> Result<Answer, CallError> {
    let client = provider.clone();
    drop(provider);
    let call = client.post("payments", "/payments", "/payments").json(request);
    call.send().await
}
