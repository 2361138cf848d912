//! All in one call, or in as few as the endpoint's bound allows.

use chassis::client::{Answer, CallError, Client};
use chassis::extract::MAX_IDS;
use futures_util::future::try_join_all;

use super::Endpoint;

pub(super) async fn ask(client: &Client, endpoint: Endpoint, ids: &[i64]) -> Result<Vec<Answer>, CallError> {
    let calls = ids.chunks(MAX_IDS).map(|some| endpoint.ask(client, some));
    try_join_all(calls).await
}
