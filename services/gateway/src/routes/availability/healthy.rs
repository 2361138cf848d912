//! All products in one call.

use std::collections::HashMap;

use chassis::client::{CallError, Client};
use chassis::extract::join_ids;

use super::Stock;

pub(super) async fn availability(client: &Client, products: &[i64]) -> Result<HashMap<i64, i64>, CallError> {
    let mut available = HashMap::new();
    if products.is_empty() {
        return Ok(available);
    }
    let path = format!("/stock?ids={}", join_ids(products));
    let answer = client.get("orders", "/stock", path).send().await?;
    for row in answer.json::<Stock>()?.stock {
        available.insert(row.product_id, row.available);
    }
    Ok(available)
}
