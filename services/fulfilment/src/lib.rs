//! Takes paid orders off the outbox of the orders service and runs reserve → pack → notify for each: three small functions that
//! call one another, as serverless ones would.

pub mod error;
pub mod instances;
pub mod routes;
pub mod seed;
pub mod worker;

use std::sync::Arc;

use chassis::client::Client;
use chassis::database::Database;
use chassis::{Failure, service};
use instances::{Idle, Instance};

pub use routes::router;

/// What the handlers and the worker share.
#[derive(Debug, Clone)]
pub struct State {
    warm: Instance,
    idle: Arc<Idle>,
}

impl State {
    /// On that database; the client must know `orders`, and `fulfilment`: this service itself.
    #[must_use]
    pub fn new(database: Database, client: Client) -> Self {
        Self {
            warm: Instance { database, client },
            idle: Arc::default(),
        }
    }
}

/// What this service is told.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// What every service is told.
    #[command(flatten)]
    pub service: chassis::Options,
}

/// Serves until it is told to go.
///
/// # Errors
///
/// When an option is wrong, the address is in use, or the database cannot be used.
pub fn run(options: Options) -> Result<(), Failure> {
    service::run("fulfilment", &options.service, |service| async move {
        let database = seed::DATASET.load(&service).await?;
        let state = State::new(database, service.client.clone());
        service.background(worker::run(
            state.clone(),
            service.windows.clone(),
            service.shutdown.clone(),
        ));
        service.serve(router(state)).await
    })
}
