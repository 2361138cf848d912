//! The payment provider: a party that the shop has bought in. It is not instrumented, writes no spans and passes no trace
//! on; all that the shop sees of it is how long its calls take.

mod error;
mod ledger;
mod remember;
mod routes;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use chassis::options::Listen;
use chassis::{Failure, service};
use ledger::Ledger;

pub use routes::router;

/// What the handlers share.
#[derive(Debug)]
pub struct State {
    seed: u64,
    ledger: Ledger,
    /// How many times as long payments take as they usually do.
    pace: AtomicU32,
}

impl State {
    /// A provider that has decided nothing yet and forgets everything when it ends.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            ledger: Ledger::default(),
            pace: AtomicU32::new(1),
        }
    }
}

/// What this service is told.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Where to listen: ADDRESS:PORT (port 0 takes a free one), or fd:N for a socket inherited from the parent
    #[arg(
        long,
        value_name = "ADDRESS:PORT|fd:N",
        env = "FAULTMART_LISTEN",
        default_value = "127.0.0.1:0"
    )]
    pub listen: Listen,

    /// Seed of the times that payments take
    #[arg(long, value_name = "N", env = "FAULTMART_SEED", default_value_t = 42)]
    pub seed: u64,

    /// Where to remember payments, so that a restart does not forget them
    #[arg(long, value_name = "FILE", env = "FAULTMART_LEDGER")]
    pub ledger: Option<PathBuf>,

    /// Exit at once when standard input is closed: the parent is gone
    #[arg(long)]
    pub exit_on_stdin_close: bool,
}

/// Serves until it is told to go.
///
/// # Errors
///
/// When an option is wrong, the address is in use, or the ledger cannot be read.
pub fn run(options: Options) -> Result<(), Failure> {
    let ledger = match &options.ledger {
        None => Ledger::default(),
        Some(path) => Ledger::open(path).map_err(|error| {
            Failure::not_carried_out(format!("the ledger {}: {error}", path.display()))
                .help("give a file that can be written, or leave --ledger out")
        })?,
    };
    let state = Arc::new(State {
        ledger,
        ..State::new(options.seed)
    });
    let mut plain = chassis::Options::with_defaults();
    plain.listen = options.listen;
    plain.exit_on_stdin_close = options.exit_on_stdin_close;
    service::run_uninstrumented("payments", &plain, |service| service.serve(router(state)))
}
