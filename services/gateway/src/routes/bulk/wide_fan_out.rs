//! In so many calls, all at once: the answer is there when the slowest of them is.

use chassis::client::{Answer, CallError, Client};
use chassis::extract::MAX_IDS;
use futures_util::future::try_join_all;

use super::Endpoint;

/// And in how many calls.
pub(super) async fn ask(
    client: &Client,
    endpoint: Endpoint,
    ids: &[i64],
    width: u64,
) -> (Result<Vec<Answer>, CallError>, usize) {
    let width = usize::try_from(width)
        .unwrap_or(usize::MAX)
        .clamp(1, ids.len().max(1));
    let each = ids.len().div_ceil(width).clamp(1, MAX_IDS);
    let calls: Vec<_> = ids.chunks(each).map(|some| endpoint.ask(client, some)).collect();
    let width = calls.len();
    (try_join_all(calls).await, width)
}
