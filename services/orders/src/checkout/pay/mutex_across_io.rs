//! Makes the call while it has the lock: until the provider has answered, nobody else can pay.

use chassis::client::{Answer, CallError, Client};
use tokio::sync::MutexGuard;

use super::Request;

pub(super) async fn charge(provider: MutexGuard<'_, Client>, request: &Request) -> Result<Answer, CallError> {
    let call = provider.post("payments", "/payments", "/payments").json(request);
    call.send().await
}
