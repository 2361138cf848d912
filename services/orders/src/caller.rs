//! Whether anybody waits any more for what is done here.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use chassis::request::Faults;
use chassis::strike::Strike;
use faults::catalogue::MISSING_TIMEOUT;

/// Held by the request: when it is dropped, nobody waits any more.
#[derive(Debug)]
pub struct IsWaiting(Caller);

/// When the caller left, if it did.
#[derive(Debug, Clone, Default)]
pub struct Caller(Arc<Mutex<Option<Instant>>>);

/// A caller, and what says that it still waits.
#[must_use]
pub fn waiting() -> (Caller, IsWaiting) {
    let caller = Caller::default();
    (caller.clone(), IsWaiting(caller))
}

impl Drop for IsWaiting {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

impl Caller {
    /// For how long there has been work for nobody, in milliseconds.
    #[must_use]
    pub fn gone_ms(&self) -> f64 {
        let left = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        left.map_or(0.0, |left| left.elapsed().as_secs_f64() * 1000.0)
    }
}

/// Work that may come to be done for nobody. What it came to is told when this is dropped.
#[derive(Debug)]
pub struct Orphan {
    caller: Caller,
    strike: Option<Strike>,
}

impl Orphan {
    /// If the caller, which is that operation, does not tell how long it waits.
    #[must_use]
    pub fn of_missing_timeout(caller: Caller, at: &'static str) -> Self {
        let is_struck = Faults::current().find(MISSING_TIMEOUT.name, at).is_some();
        let strike = is_struck.then(|| Strike::counted(MISSING_TIMEOUT.name, at));
        Self { caller, strike }
    }
}

impl Drop for Orphan {
    fn drop(&mut self) {
        if let Some(strike) = &mut self.strike {
            strike.measure(self.caller.gone_ms());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_is_not_gone_and_who_left_is() {
        let (caller, is_waiting) = waiting();
        assert_eq!(caller.gone_ms(), 0.0);
        drop(is_waiting);
        assert!(caller.gone_ms() > 0.0);
    }
}
