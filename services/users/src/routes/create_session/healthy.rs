//! Each statement has a connection for as long as it takes, and none is kept while the token is made.

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
    let token = made.await?;
    let insert = state.database.query(&CREATE_SESSION);
    insert
        .bind(token.as_str())
        .bind(user)
        .bind(now_ms())
        .execute()
        .await?;
    Ok(token)
}
