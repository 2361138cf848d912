//! Whose sessions were found before is remembered behind a lock, which is held until the database has answered for one that was not:
//! one session is looked up at a time.

use std::collections::HashMap;

use chassis::database::{Database, DatabaseError};
use tokio::sync::MutexGuard;

use super::{MOST_KNOWN, User, healthy};

pub(super) async fn find(
    mut known: MutexGuard<'_, HashMap<String, User>>,
    database: &Database,
    token: &str,
) -> Result<Option<User>, DatabaseError> {
    if let Some(user) = known.get(token) {
        return Ok(Some(user.clone()));
    }
    let user = healthy::find(database, token).await?;
    if let Some(user) = &user {
        if known.len() == MOST_KNOWN {
            known.clear();
        }
        known.insert(token.to_owned(), user.clone());
    }
    Ok(user)
}
