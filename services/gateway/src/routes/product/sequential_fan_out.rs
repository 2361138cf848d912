//! One service is asked after the other.

use std::collections::HashMap;

use chassis::client::CallError;
use serde_json::Value;

use super::Sources;

pub(super) async fn fetch(sources: &Sources<'_>) -> Result<(Value, HashMap<i64, i64>), CallError> {
    let product = sources.product().await?;
    let available = sources.availability().await?;
    Ok((product, available))
}
