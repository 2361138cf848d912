//! Who the customers are, and who is signed in.

pub mod error;
pub mod routes;
pub mod seed;

use chassis::database::Database;
use chassis::{Failure, service};

pub use routes::router;

/// What the handlers share.
#[derive(Debug, Clone)]
pub struct State {
    /// Users and sessions.
    pub database: Database,
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
    service::run("users", &options.service, |service| async move {
        let database = seed::DATASET.load(&service).await?;
        service.serve(router(State { database })).await
    })
}
