//! `faultmart serve`: one part of the system, as `run` starts it, as a container runs it.

use clap::{Args, Subcommand};
use runner::Failure;

use super::Outcome;

/// Which part.
#[derive(Args)]
#[command(
    after_help = "Example:\n  faultmart serve users --listen 127.0.0.1:4602 --database sqlite:/tmp/shop"
)]
pub struct Options {
    #[command(subcommand)]
    part: Part,
}

#[derive(Subcommand)]
enum Part {
    /// The public API.
    Gateway(gateway::Options),
    /// Users, sessions and reviews' authors.
    Users(users::Options),
    /// Products, prices and reviews.
    Catalog(catalog::Options),
    /// Orders, stock and the outbox.
    Orders(orders::Options),
    /// Takes orders off the outbox: reserve, pack, notify.
    Fulfilment(fulfilment::Options),
    /// The payment provider, a bought-in party without instrumentation.
    Payments(payments::Options),
    /// The proxy that every hop crosses, where network faults strike.
    Wire(wire::Options),
    /// Receives, stores and shows traces.
    Lab(lab::Options),
}

impl Part {
    fn name(&self) -> &'static str {
        match self {
            Self::Gateway(_) => "gateway",
            Self::Users(_) => "users",
            Self::Catalog(_) => "catalog",
            Self::Orders(_) => "orders",
            Self::Fulfilment(_) => "fulfilment",
            Self::Payments(_) => "payments",
            Self::Wire(_) => "wire",
            Self::Lab(_) => "lab",
        }
    }
}

/// Runs the part until it is told to stop. An error says which part it was: a run finds it in the log of all by that.
pub fn execute(options: Options) -> Outcome {
    let name = options.part.name();
    let done = match options.part {
        Part::Gateway(options) => gateway::run(options).map_err(Failure::from),
        Part::Users(options) => users::run(options).map_err(Failure::from),
        Part::Catalog(options) => catalog::run(options).map_err(Failure::from),
        Part::Orders(options) => orders::run(options).map_err(Failure::from),
        Part::Fulfilment(options) => fulfilment::run(options).map_err(Failure::from),
        Part::Payments(options) => payments::run(options).map_err(Failure::from),
        Part::Wire(options) => wire::run(options).map_err(|failure| Failure {
            code: failure.code,
            message: failure.message,
            help: failure.help,
        }),
        Part::Lab(options) => lab::run(options).map_err(|failure| Failure {
            code: failure.code,
            message: failure.message,
            help: failure.help,
        }),
    };
    done.map(|()| 0).map_err(|failure| Failure {
        message: format!("{name}: {}", failure.message),
        ..failure
    })
}
