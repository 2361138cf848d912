//! The connection on which the session will be written down is taken before the token is made, and does nothing meanwhile.

use super::{CREATE_SESSION, find_user, now_ms};
use crate::State;
use crate::error::Error;

/// The token of the new session, as `made` makes it.
pub(super) async fn create(
    state: &State,
    email: &str,
    made: impl Future<Output = Result<String, Error>>,
) -> Result<String, Error> {
    let user = find_user(state, email).await?;
    let mut transaction = state.database.begin().await?;
    let token = made.await?;
    let insert = transaction.query(&CREATE_SESSION);
    insert
        .bind(token.as_str())
        .bind(user)
        .bind(now_ms())
        .execute()
        .await?;
    transaction.commit().await?;
    Ok(token)
}
