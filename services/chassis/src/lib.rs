//! What every service of the shop needs, so that a service itself is only its routes and its SQL.
//!
//! ```no_run
//! use axum::extract::{Path, State};
//! use axum::response::{IntoResponse, Response};
//! use axum::routing::get;
//! use axum::{Json, Router};
//! use chassis::client::{CallError, Client};
//! use chassis::database::{Database, DatabaseError, Statement};
//! use chassis::problem::Problem;
//! use chassis::request::Faults;
//! use chassis::{Failure, Options, service};
//!
//! const ORDER: Statement = Statement::new("SELECT orders", "SELECT user_id, total_cents FROM orders WHERE id = $1");
//!
//! #[derive(Clone)]
//! struct Shop {
//!     database: Database,
//!     client: Client,
//! }
//!
//! #[derive(Debug, thiserror::Error)]
//! enum Error {
//!     #[error(transparent)]
//!     Database(#[from] DatabaseError),
//!     #[error(transparent)]
//!     Call(#[from] CallError),
//! }
//!
//! impl IntoResponse for Error {
//!     fn into_response(self) -> Response {
//!         match self {
//!             Self::Database(error) => Problem::from(error).into_response(),
//!             Self::Call(error) => Problem::from(error).into_response(),
//!         }
//!     }
//! }
//!
//! // The server span, the deadline, the limits and the baggage are there before a handler runs.
//! async fn order(
//!     State(shop): State<Shop>,
//!     faults: Faults,
//!     Path(id): Path<i64>,
//! ) -> Result<Json<serde_json::Value>, Error> {
//!     if faults.find("slow-query", "orders.list-orders").is_some() {
//!         // The one visible choice between two implementations.
//!     }
//!     let row = shop.database.query(&ORDER).bind(id).fetch_one().await?;
//!     let user: i64 = row.get("user_id")?;
//!     let answer = shop.client.get("users", "/users/{id}", format!("/users/{user}")).send().await?;
//!     Ok(Json(answer.json()?))
//! }
//!
//! pub fn run(options: &Options) -> Result<(), Failure> {
//!     service::run("orders", options, |service| async move {
//!         let shop = Shop { database: service.database()?, client: service.client.clone() };
//!         shop.database.connect().await?; // then: migrations and seeding on `database.raw()`
//!         service.serve(Router::new().route("/orders/{id}", get(order)).with_state(shop)).await
//!     })
//! }
//! ```

pub mod client;
mod connection;
pub mod counters;
pub mod database;
pub mod extract;
pub mod failure;
pub mod kept;
pub mod options;
pub mod problem;
pub mod referee;
pub mod request;
mod restart;
pub mod seeding;
mod server;
pub mod service;
pub mod shutdown;
pub mod span;
pub mod strike;
pub mod telemetry;
pub mod testing;
pub mod threads;
pub mod windows;

pub use failure::Failure;
pub use options::Options;
