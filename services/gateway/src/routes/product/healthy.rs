//! Both services are asked at the same time.

use std::collections::HashMap;

use chassis::client::CallError;
use serde_json::Value;

use super::Sources;

pub(super) async fn fetch(sources: &Sources<'_>) -> Result<(Value, HashMap<i64, i64>), CallError> {
    tokio::try_join!(sources.product(), sources.availability())
}
