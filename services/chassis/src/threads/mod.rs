//! Where the work is done that takes processor time.

mod blocked_runtime;
mod healthy;
mod stalls;
#[cfg(test)]
mod tests;

use std::time::Instant;

use faults::catalogue::BLOCKED_RUNTIME;

pub use stalls::{Stalls, watch};

use crate::request::Faults;
use crate::strike::Strike;

/// The work was given up, because of a panic or of the process's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the work was not done")]
pub struct Undone;

/// Does the work of that operation, which is the stalls'. Who suffers from it is told by those who do.
///
/// # Errors
///
/// When the work was given up.
pub async fn run<T: Send + 'static>(
    stalls: &Stalls,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Undone> {
    let at = stalls.operation();
    if Faults::current().find(BLOCKED_RUNTIME.name, at).is_none() {
        return healthy::run(work).await;
    }
    let mut strike = Strike::counted(BLOCKED_RUNTIME.name, at);
    // The next in the queue of this thread: when it comes to its turn says for how long the thread was held.
    let asked = Instant::now();
    let probe = tokio::spawn(async move { asked.elapsed() });
    let stall = stalls.begin();
    let done = blocked_runtime::run(work).await;
    drop(stall);
    strike.measure(probe.await.unwrap_or_default().as_secs_f64() * 1000.0);
    done
}
