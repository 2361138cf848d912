//! Where the work is done that takes processor time.

mod blocked_runtime;
mod healthy;
#[cfg(test)]
mod tests;

use std::time::Instant;

use chassis::request::Faults;
use chassis::strike::Strike;
use faults::catalogue::BLOCKED_RUNTIME;

use super::OPERATION;
use crate::error::Error;
use crate::stalls::Stalls;

/// Does the work. Who suffers from it is told by those who do.
pub(super) async fn run<T: Send + 'static>(
    stalls: &Stalls,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    if Faults::current().find(BLOCKED_RUNTIME.name, OPERATION).is_none() {
        return healthy::run(work).await;
    }
    let mut strike = Strike::counted(BLOCKED_RUNTIME.name, OPERATION);
    // The next in the queue of this thread: when it comes to its turn says for how long the thread was held.
    let asked = Instant::now();
    let probe = tokio::spawn(async move { asked.elapsed() });
    let stall = stalls.begin();
    let done = blocked_runtime::run(work).await;
    drop(stall);
    strike.measure(probe.await.unwrap_or_default().as_secs_f64() * 1000.0);
    done
}
