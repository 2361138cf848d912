//! One product after the other, one call a product.

use std::collections::HashMap;

use chassis::client::{CallError, Client};

use super::Stock;

pub(super) async fn availability(client: &Client, products: &[i64]) -> Result<HashMap<i64, i64>, CallError> {
    let mut available = HashMap::new();
    for product in products {
        let path = format!("/stock?ids={product}");
        let answer = client.get("orders", "/stock", path).send().await?;
        for row in answer.json::<Stock>()?.stock {
            available.insert(row.product_id, row.available);
        }
    }
    Ok(available)
}
