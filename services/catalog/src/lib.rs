//! What the shop sells, at which price, and what people say of it.

pub mod baskets;
pub mod error;
pub mod price_list;
pub mod prices;
pub mod routes;
pub mod seed;

use std::sync::Arc;

use baskets::BasketCache;
use chassis::client::Client;
use chassis::database::Database;
use chassis::kept::Answers;
use chassis::seeding::warm_up;
use chassis::threads::Stalls;
use chassis::{Failure, service};
use price_list::PriceList;
use prices::PriceCache;
use tokio::sync::Mutex;

pub use routes::router;

/// What the handlers share.
#[derive(Debug, Clone)]
pub struct State {
    database: Database,
    client: Client,
    prices: Arc<PriceCache>,
    baskets: Arc<BasketCache>,
    price_list: Arc<PriceList>,
    answers: Arc<Answers>,
    stalls: Arc<Stalls>,
    locked_prices: Arc<Mutex<routes::KeptPrices>>,
}

impl State {
    /// On that database; the client must know `users`.
    #[must_use]
    pub fn new(database: Database, client: Client) -> Self {
        let prices = Arc::new(PriceCache::new(database.clone()));
        Self {
            database,
            client,
            prices,
            baskets: Arc::default(),
            price_list: Arc::default(),
            answers: Arc::default(),
            locked_prices: Arc::default(),
            stalls: Arc::new(Stalls::of(routes::SEARCH)),
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
    service::run("catalog", &options.service, |service| async move {
        let database = seed::DATASET.load(&service).await?;
        warm_up(
            &service,
            &database,
            &routes::ONE_PRODUCT,
            options.service.products,
        )
        .await?;
        let state = State::new(database, service.client.clone());
        service.serve(router(state)).await
    })
}
