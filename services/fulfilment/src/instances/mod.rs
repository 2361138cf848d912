//! What a function runs on: an instance has a database handle and a client of its own, and handles one event at a time.

mod cold_start;
mod healthy;
mod package;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chassis::client::Client;
use chassis::database::Database;
use chassis::request::Faults;
use chassis::strike::Strike;
use faults::catalogue::COLD_START;

use crate::State;
use crate::error::Error;

/// What a function runs on.
#[derive(Debug, Clone)]
pub struct Instance {
    /// Shipments.
    pub database: Database,
    /// Must know `orders`, and `fulfilment`: this service itself.
    pub client: Client,
}

/// Instances that wait for an event, by their function, each with the time since when.
#[derive(Debug, Default)]
pub struct Idle(Mutex<HashMap<&'static str, Vec<(Instance, Instant)>>>);

/// An instance that is handling an event. If it was started for that, it waits for the next one when this is dropped.
#[derive(Debug)]
pub struct Running {
    instance: Instance,
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    function: &'static str,
    idle: Arc<Idle>,
    longest: Duration,
}

/// An instance of that function (`fulfilment.pack`) for the event that is handled here.
///
/// # Errors
///
/// When there is none and none can be started.
pub async fn instance(state: &State, function: &'static str) -> Result<Running, Error> {
    match Faults::current().find(COLD_START.name, function) {
        None => Ok(healthy::instance(state)),
        Some(fault) => {
            let _strike = Strike::timed(COLD_START.name, function);
            cold_start::instance(state, function, fault.duration("idle"), fault.number("package")).await
        }
    }
}

impl Idle {
    /// One of that function's that has not waited for longer than that. Those that have are let go.
    fn take(&self, function: &'static str, longest: Duration) -> Option<Instance> {
        self.let_go(function, longest);
        let (instance, _) = self.lock().get_mut(function)?.pop()?;
        Some(instance)
    }

    /// Ends those of that function's that have waited for longer than that.
    fn let_go(&self, function: &'static str, longest: Duration) {
        let mut idle = self.lock();
        let Some(instances) = idle.get_mut(function) else {
            return;
        };
        let is_over = |(_, since): &mut (Instance, Instant)| since.elapsed() >= longest;
        for (instance, _) in instances.extract_if(.., is_over) {
            tokio::spawn(async move { instance.database.close().await });
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<&'static str, Vec<(Instance, Instant)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Running {
    type Target = Instance;

    fn deref(&self) -> &Instance {
        &self.instance
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(Own {
            function,
            idle,
            longest,
        }) = self.own.take()
        else {
            return;
        };
        let since = Instant::now();
        idle.lock()
            .entry(function)
            .or_default()
            .push((self.instance.clone(), since));
        // An instance that is not asked for is let go, whether or not anybody comes later. The runtime may be gone by now.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                tokio::time::sleep_until((since + longest).into()).await;
                idle.let_go(function, longest);
            });
        }
    }
}
