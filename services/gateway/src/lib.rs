//! The public API: joins what the services behind it own, and fans out where they do not depend on one another.

pub mod error;
mod reach;
pub mod routes;

use std::sync::Arc;

use chassis::client::Client;
use chassis::kept::Answers;
use chassis::{Failure, service};

pub use routes::router;

/// What the handlers share.
#[derive(Debug, Clone)]
pub struct State {
    /// Must know `users`, `catalog` and `orders`.
    pub client: Client,
    answers: Arc<Answers>,
}

impl State {
    /// The client must know `users`, `catalog` and `orders`.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self {
            client,
            answers: Arc::default(),
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
/// When an option is wrong or the address is in use.
pub fn run(options: Options) -> Result<(), Failure> {
    service::run("gateway", &options.service, |service| async move {
        let state = State::new(service.client.clone());
        service.serve(router(state)).await
    })
}
