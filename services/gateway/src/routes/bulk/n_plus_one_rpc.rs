//! One after the other, one call each.

use chassis::client::{Answer, CallError, Client};

use super::Endpoint;

pub(super) async fn ask(client: &Client, endpoint: Endpoint, ids: &[i64]) -> Result<Vec<Answer>, CallError> {
    let mut answers = Vec::new();
    for id in ids {
        answers.push(endpoint.ask(client, &[*id]).await?);
    }
    Ok(answers)
}
