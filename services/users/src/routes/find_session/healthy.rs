//! Asks for what the tables have.

use chassis::database::{Database, DatabaseError, Statement};

use super::User;

static FIND_SESSION: Statement = Statement::new(
    "SELECT sessions",
    "SELECT users.id, users.email, users.name
     FROM sessions JOIN users ON users.id = sessions.user_id
     WHERE sessions.token = $1",
);

pub(super) async fn find(database: &Database, token: &str) -> Result<Option<User>, DatabaseError> {
    let row = database.query(&FIND_SESSION).bind(token).fetch_optional().await?;
    row.as_ref().map(User::from_row).transpose()
}
