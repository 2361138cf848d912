//! Asks for what the table has.

use chassis::database::{Database, DatabaseError, Statement};

use super::User;

static FIND_USERS: Statement = Statement::new(
    "SELECT users",
    "SELECT id, email, name FROM users WHERE id IN ({list}) ORDER BY id",
);

pub(super) async fn find(database: &Database, ids: &[i64]) -> Result<Vec<User>, DatabaseError> {
    let rows = database.query(&FIND_USERS).bind_list(ids).fetch_all().await?;
    rows.iter().map(User::from_row).collect()
}
