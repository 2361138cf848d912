//! Telling the generator to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Tells a running load to stop; clones tell the same one. May be used from any thread.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// A signal that has not been given.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the signal: nothing more is started. The generator sees it within a few tens of milliseconds.
    pub fn stop(&self) {
        self.0.store(true, Relaxed);
    }

    /// Whether the signal was given.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Relaxed)
    }
}
