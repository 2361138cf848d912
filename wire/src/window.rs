//! A fault that is set for a time: it strikes whatever crosses the edge, until it is cleared.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use faults::baggage::ActiveFault;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// What is set on an edge: one fault at most.
#[derive(Default)]
pub(crate) struct Window {
    /// Asked for every message, and nearly always false.
    is_set: AtomicBool,
    fault: Mutex<Option<Arc<ActiveFault>>>,
    changed: Arc<Notify>,
}

/// What was found set, and the moment from which it no longer is.
pub(crate) struct Set {
    pub(crate) fault: Arc<ActiveFault>,
    changed: Pin<Box<OwnedNotified>>,
}

impl Window {
    /// Sets a fault in place of what is set, or clears it. Whoever was struck is woken.
    pub(crate) fn set(&self, fault: Option<ActiveFault>) {
        let mut current = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        // What is set again as it was goes on.
        if current.as_deref() == fault.as_ref() {
            return;
        }
        self.is_set.store(fault.is_some(), Ordering::Release);
        *current = fault.map(Arc::new);
        drop(current);
        self.changed.notify_waiters();
    }

    pub(crate) fn is_set(&self) -> bool {
        self.is_set.load(Ordering::Acquire)
    }

    pub(crate) fn get(&self) -> Option<Set> {
        if !self.is_set() {
            return None;
        }
        // Made before the look, so that a change after it is not overheard.
        let changed = Box::pin(self.changed.clone().notified_owned());
        let fault = self
            .fault
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()?;
        Some(Set { fault, changed })
    }
}

impl Set {
    /// Ready when something else is set, or nothing; wakes the task then.
    pub(crate) fn poll_over(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.changed.as_mut().poll(context)
    }
}
