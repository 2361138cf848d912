//! Who the customers are, and who is signed in.

pub mod error;
pub mod routes;
pub mod seed;

use std::collections::HashMap;
use std::sync::Arc;

use chassis::database::Database;
use chassis::seeding::warm_up;
use chassis::threads::Stalls;
use chassis::{Failure, service};
use routes::User;
use tokio::sync::Mutex;

pub use routes::router;

/// What the handlers share.
#[derive(Debug, Clone)]
pub struct State {
    /// Users and sessions.
    pub database: Database,
    known: Arc<Mutex<HashMap<String, User>>>,
    stalls: Arc<Stalls>,
}

impl State {
    /// On that database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self {
            database,
            known: Arc::default(),
            stalls: Arc::new(Stalls::of(routes::CREATE_SESSION)),
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
    service::run("users", &options.service, |service| async move {
        let database = seed::DATASET.load(&service).await?;
        warm_up(&service, &database, &routes::ONE_USER, options.service.users).await?;
        service.serve(router(State::new(database))).await
    })
}
