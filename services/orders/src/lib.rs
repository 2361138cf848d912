//! Orders, what is in stock, and the outbox that hands paid orders on to fulfilment.

pub mod backlog;
pub mod caller;
pub mod checkout;
pub mod clock;
pub mod error;
pub mod locks;
pub mod routes;
pub mod seed;
pub mod sweeper;

use std::sync::Arc;
use std::time::Duration;

use chassis::client::Client;
use chassis::database::Database;
use chassis::seeding::warm_up;
use chassis::threads::Stalls;
use chassis::{Failure, service};
use checkout::Provider;
use locks::Holders;

pub use routes::router;

/// How long stock stays reserved for an order that is being paid. Longer than a payment may take with all its waiting, so that
/// what expires was given up.
const RESERVATION: Duration = Duration::from_secs(15);

/// The operation whose work takes processor time.
const SALES_REPORT: &str = "orders.sales-report";

/// What the handlers share.
#[derive(Debug, Clone)]
pub struct State {
    /// Orders, stock, reservations and the outbox.
    pub database: Database,
    /// Must know `users`, `catalog` and `payments`.
    pub client: Client,
    /// How long stock stays reserved for an order that is being paid.
    pub reservation: Duration,
    holders: Arc<Holders>,
    provider: Arc<Provider>,
    stalls: Arc<Stalls>,
}

impl State {
    /// On that database; the client must know `users`, `catalog` and `payments`.
    #[must_use]
    pub fn new(database: Database, client: Client) -> Self {
        let holders = Arc::new(Holders::new(database.system()));
        let provider = Arc::new(Provider::new(client.clone()));
        Self {
            database,
            provider,
            stalls: Arc::new(Stalls::of(SALES_REPORT)),
            client,
            reservation: RESERVATION,
            holders,
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
    service::run("orders", &options.service, |service| async move {
        let database = seed::DATASET.load(&service).await?;
        warm_up(&service, &database, &checkout::ONE_ORDER, options.service.orders).await?;
        let state = State::new(database, service.client.clone());
        service.background(sweeper::run(state.clone(), service.shutdown.clone()));
        service.background(backlog::report(state.database.clone(), service.shutdown.clone()));
        service.serve(router(state)).await
    })
}
