//! What the services' tests need: a filled database of either kind, a request, a service to call.
//!
//! Tests run on SQLite in a temporary directory, and on PostgreSQL as well when `FAULTMART_TEST_POSTGRES` is the URL of a
//! database in which they may create schemas.
#![expect(
    clippy::unwrap_used,
    reason = "this crate is linked into tests alone, where a panic is the report"
)]

mod databases;
mod http;

pub use databases::{TestDatabase, databases, execute, number, query_plan, sqlite};
pub use http::{Reply, client, get, post, send, serve, with_baggage, within};
