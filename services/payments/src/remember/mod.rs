//! Writing down what was decided, before anybody is told.

mod failing_dependency;
mod healthy;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;
use std::sync::Mutex;

use chassis::request::{Faults, resent};
use chassis::strike::Strike;
use faults::catalogue::{FAILING_DEPENDENCY, RETRY_STORM};
use http::HeaderMap;
use seed::draws::{Domain, Draws};

use crate::ledger::Payment;

const OPERATION: &str = "payments.pay";
/// The operation that sends again what failed here.
const RETRIER: &str = "orders.pay";

/// A way to write a payment into the ledger's file, if it has one.
pub type Remember = fn(Option<&Mutex<File>>, &Payment) -> io::Result<()>;

/// How what is taken back is written down.
pub const PLAINLY: Remember = healthy::remember;

/// How it is done for this request; the strike, if there is one, lasts as long as the request.
pub fn remember(faults: &Faults, headers: &HeaderMap) -> (Remember, Option<Strike>) {
    if faults.find(FAILING_DEPENDENCY.name, OPERATION).is_some() {
        let strike = Strike::counted(FAILING_DEPENDENCY.name, OPERATION);
        return (failing_dependency::remember, Some(strike));
    }
    // Part of the provider's machines are full: which one answers is a matter of luck, and of being sent again.
    if let Some(storm) = faults.find(RETRY_STORM.name, RETRIER) {
        let mut draws = Draws::new(
            faults.sequence.unwrap_or_default(),
            Domain::Failures,
            resent(headers),
        );
        if draws.chance(storm.share("failures")) {
            return (failing_dependency::remember, None);
        }
    }
    (healthy::remember, None)
}
