//! Asked once: who asks the gateway may try again, and is the only one who does.

use chassis::client::{CallError, Client};
use serde_json::Value;

pub(super) async fn details(client: &Client, id: i64) -> Result<Value, CallError> {
    let path = format!("/products/{id}");
    let call = client.get("catalog", "/products/{id}", path);
    call.send().await?.json()
}
