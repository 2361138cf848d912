//! Tells the orders service how much time is left, with the call.

use chassis::client::{Answer, CallError, Client};

pub(super) async fn report(client: &Client, path: String) -> Result<Answer, CallError> {
    let call = client.get("orders", "/reports/sales", path);
    call.send().await
}
