//! The database: SQLite or PostgreSQL behind one handle, each statement with a span of its own.
//!
//! SQL is written once, with `$1` placeholders. A statement is a constant with the name of its span, its
//! `db.query.summary`:
//!
//! ```
//! use chassis::database::{Database, DatabaseError, Statement};
//!
//! const ORDERS: Statement =
//!     Statement::new("SELECT orders", "SELECT id, placed_at FROM orders WHERE user_id = $1 ORDER BY id LIMIT $2");
//! const ITEMS: Statement =
//!     Statement::new("SELECT order_items", "SELECT order_id, product_id FROM order_items WHERE order_id IN ({list})");
//! const RESERVE: Statement =
//!     Statement::new("UPDATE stock", "UPDATE stock SET available = available - $1 WHERE product_id = $2");
//!
//! async fn example(database: &Database) -> Result<(), DatabaseError> {
//!     let mut ids = Vec::new();
//!     for row in database.query(&ORDERS).bind(17).bind(20).fetch_all().await? {
//!         ids.push(row.get::<i64>("id")?);
//!     }
//!     let items = database.query(&ITEMS).bind_list(&ids).fetch_all().await?;
//!     let mut transaction = database.begin_immediate().await?;
//!     transaction.query(&RESERVE).bind(1).bind(42).execute().await?;
//!     transaction.commit().await
//! }
//! ```

mod claim;
mod connect;
mod error;
mod handle;
mod holders;
mod pool;
mod query;
mod row;
mod statement;
mod transaction;
mod trouble;

pub use claim::Claim;
pub use connect::{Raw, System, Target};
pub use error::DatabaseError;
pub use handle::Database;
pub use holders::Holding;
pub use query::Query;
pub use row::{Column, Row};
pub use statement::{Statement, Value};
pub use transaction::Transaction;
