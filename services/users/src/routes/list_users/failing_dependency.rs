//! Asks for a column that the next migration brings: this version was rolled out before it.

use chassis::database::{Database, DatabaseError, Statement};

use super::User;

static FIND_USERS: Statement = Statement::new(
    "SELECT users",
    "SELECT id, email, name, nickname FROM users WHERE id IN ({list}) ORDER BY id",
);

pub(super) async fn find(database: &Database, ids: &[i64]) -> Result<Vec<User>, DatabaseError> {
    let rows = database.query(&FIND_USERS).bind_list(ids).fetch_all().await?;
    rows.iter().map(User::from_row).collect()
}
