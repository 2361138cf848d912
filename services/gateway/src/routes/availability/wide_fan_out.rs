//! The products in so many calls, all at once: the answer is there when the slowest of them is.

use std::collections::HashMap;

use chassis::client::{CallError, Client};
use chassis::extract::join_ids;
use futures_util::future::try_join_all;

use super::Stock;

/// And in how many calls.
pub(super) async fn availability(
    client: &Client,
    products: &[i64],
    width: u64,
) -> (Result<HashMap<i64, i64>, CallError>, usize) {
    let width = usize::try_from(width)
        .unwrap_or(usize::MAX)
        .clamp(1, products.len().max(1));
    let calls: Vec<_> = products
        .chunks(products.len().div_ceil(width).max(1))
        .map(|part| async move {
            let path = format!("/stock?ids={}", join_ids(part));
            let answer = client.get("orders", "/stock", path).send().await?;
            answer.json::<Stock>()
        })
        .collect();
    let width = calls.len();
    let parts = try_join_all(calls).await;
    let available = parts.map(|parts| {
        let rows = parts.into_iter().flat_map(|part| part.stock);
        rows.map(|row| (row.product_id, row.available)).collect()
    });
    (available, width)
}
