//! Asked again at once when it fails, up to so many times, however the others are doing; and the catalog does the same behind it.

use chassis::client::{CallError, Client};
use serde_json::Value;

pub(super) async fn details(client: &Client, id: i64, attempts: u64) -> Result<Value, CallError> {
    let mut attempt = 0;
    loop {
        let path = format!("/products/{id}");
        let call = client.get("catalog", "/products/{id}", path).resent(attempt, 0);
        match call.send().await {
            Ok(answer) => return answer.json(),
            Err(error) if error.is_for_good() || u64::from(attempt) + 1 >= attempts => return Err(error),
            Err(_) => attempt += 1,
        }
    }
}
