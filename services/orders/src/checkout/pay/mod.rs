//! Asking the payment provider for money.

mod healthy;
mod missing_timeout;
mod mutex_across_io;
mod retry_storm;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chassis::client::{CallError, Client};
use chassis::referee;
use chassis::request::Faults;
use chassis::shutdown::Shutdown;
use chassis::span::current_span_context;
use chassis::strike::Strike;
use faults::catalogue::{MISSING_TIMEOUT, MUTEX_ACROSS_IO, RETRY_STORM};
use faults::truth::Role;
use serde::Serialize;
use tokio::sync::{Mutex, MutexGuard};

use super::Checkout;
use super::steps::{Decision, Payment, payment_key};
use crate::State;
use crate::caller::{self, Orphan};

const OPERATION: &str = "orders.pay";

/// A wait that is shorter is no wait: a lock that is free takes that long too.
const NOTABLE_WAIT: Duration = Duration::from_millis(1);

/// The client of the payment provider. It is behind a lock, so that it could be exchanged when the provider's address changes.
#[derive(Debug)]
pub struct Provider {
    client: Mutex<Client>,
    /// How often the lock was taken to be held across the call, and how often such a call was over.
    taken: AtomicU64,
    given_back: AtomicU64,
}

/// The lock is held across the call until this is dropped.
#[derive(Debug)]
struct HeldAcross<'a>(&'a Provider);

impl Provider {
    /// Of a client that must know `payments`.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self {
            client: Mutex::new(client),
            taken: AtomicU64::new(0),
            given_back: AtomicU64::new(0),
        }
    }

    async fn lock(&self) -> MutexGuard<'_, Client> {
        self.client.lock().await
    }

    /// The lock, how long that took, and whether somebody held it across the call meanwhile. A busy machine makes others wait too.
    async fn lock_watched(&self) -> (MutexGuard<'_, Client>, Duration, bool) {
        let given_back = self.given_back.load(Ordering::Acquire);
        let asked = Instant::now();
        let guard = self.lock().await;
        let was_held = self.taken.load(Ordering::Acquire) != given_back;
        (guard, asked.elapsed(), was_held)
    }

    fn hold_across(&self) -> HeldAcross<'_> {
        self.taken.fetch_add(1, Ordering::AcqRel);
        HeldAcross(self)
    }
}

impl Drop for HeldAcross<'_> {
    fn drop(&mut self) {
        self.0.given_back.fetch_add(1, Ordering::AcqRel);
    }
}

/// What the provider is asked for.
#[derive(Debug, Serialize)]
struct Request {
    key: String,
    amount_cents: i64,
}

/// Pays. Under one key the user is charged once, however often this is asked.
///
/// # Errors
///
/// When there is no answer; the user may have been charged or not.
pub async fn pay(state: &State, checkout: &Checkout) -> Result<Payment, CallError> {
    let request = Request {
        key: payment_key(checkout.user, &checkout.key),
        amount_cents: checkout.total_cents(),
    };
    let faults = Faults::current();
    let (provider, waited, was_held) = state.provider.lock_watched().await;
    let answer = if faults.find(MUTEX_ACROSS_IO.name, OPERATION).is_some() {
        let mut strike = Strike::counted(MUTEX_ACROSS_IO.name, OPERATION);
        strike.measure(waited.as_secs_f64() * 1000.0);
        let _held = state.provider.hold_across();
        mutex_across_io::charge(provider, &request).await?
    } else {
        if was_held && waited > NOTABLE_WAIT {
            tell_of_wait(waited);
        }
        if let Some(storm) = faults.find(RETRY_STORM.name, OPERATION) {
            let mut strike = Strike::counted(RETRY_STORM.name, OPERATION);
            let (answer, asked) = retry_storm::charge(provider, &request, storm.number("attempts")).await;
            strike.count(asked);
            answer?
        } else if let Some(fault) = faults.find(MISSING_TIMEOUT.name, OPERATION) {
            let (caller, _is_waiting) = caller::waiting();
            let busy = Shutdown::current().map(|shutdown| shutdown.busy());
            let until_over = (Orphan::of_missing_timeout(caller, OPERATION), busy);
            missing_timeout::charge(provider, request, fault.duration("patience"), until_over).await?
        } else {
            healthy::charge(provider, &request).await?
        }
    };
    Ok(answer.json::<Decision>()?.status)
}

/// Who waited for a lock that another held across the call is a victim of that.
fn tell_of_wait(waited: Duration) {
    let span = current_span_context().map(|span| span.span_id());
    let waited_ms = waited.as_secs_f64() * 1000.0;
    referee::applied(
        MUTEX_ACROSS_IO.name,
        OPERATION,
        Role::Bystander,
        waited_ms,
        span.as_slice(),
    );
}
