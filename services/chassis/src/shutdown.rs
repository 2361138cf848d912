//! How a part learns that it must go, and how it knows that its work is done.

use std::future::Future;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch};

use crate::failure::{Failure, NOT_CARRIED_OUT};

/// Says when the part must go, and counts what it must wait for before. Clones share it.
#[derive(Debug, Clone)]
pub struct Shutdown {
    requested: Arc<watch::Sender<bool>>,
    work: Arc<Work>,
}

#[derive(Debug, Default)]
struct Work {
    going_on: AtomicUsize,
    ended: Notify,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self {
            requested: Arc::new(watch::channel(false).0),
            work: Arc::default(),
        }
    }
}

impl Shutdown {
    /// Returns once the part must go; at once if that was said before.
    pub async fn requested(&self) {
        // The sender lives as long as `self`, so this ends only when the value turns true.
        let _ = self.requested.subscribe().wait_for(|requested| *requested).await;
    }

    /// Whether the part must go.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.requested.borrow()
    }

    /// Says that the part must go.
    pub fn request(&self) {
        self.requested.send_replace(true);
    }

    /// The result of `future`, or none when the part must go first; `future` is dropped then.
    pub async fn unless<F: Future>(&self, future: F) -> Option<F::Output> {
        tokio::select! {
            output = future => Some(output),
            () = self.requested() => None,
        }
    }

    /// Something begins that shutting down waits for, until what is returned is dropped.
    pub fn busy(&self) -> Busy {
        self.work.going_on.fetch_add(1, Ordering::AcqRel);
        Busy(self.work.clone())
    }

    /// Waits until nothing is going on, for at most `patience`. Returns how much still was.
    pub(crate) async fn drained(&self, patience: Duration) -> usize {
        let nothing = async {
            loop {
                let ended = self.work.ended.notified();
                if self.work.going_on.load(Ordering::Acquire) == 0 {
                    return;
                }
                ended.await;
            }
        };
        match tokio::time::timeout(patience, nothing).await {
            Ok(()) => 0,
            Err(_) => self.work.going_on.load(Ordering::Acquire),
        }
    }

    /// The shutdown of the service that serves here, if one does.
    #[must_use]
    pub fn current() -> Option<Self> {
        Context::map_current(|context| context.get::<Self>().cloned())
    }

    /// Requests the shutdown at SIGTERM and at SIGINT.
    pub(crate) fn on_signals(&self) -> Result<(), Failure> {
        for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
            let mut signals = signal(kind)
                .map_err(|error| Failure::not_carried_out(format!("cannot listen for signals: {error}")))?;
            let shutdown = self.clone();
            tokio::spawn(async move {
                if signals.recv().await.is_some() {
                    shutdown.request();
                }
            });
        }
        Ok(())
    }
}

/// Work that shutting down waits for, for as long as this lives.
#[derive(Debug)]
#[must_use = "the work counts as ended when this is dropped"]
pub struct Busy(Arc<Work>);

impl Drop for Busy {
    fn drop(&mut self) {
        if self.0.going_on.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.ended.notify_waiters();
        }
    }
}

/// Ends the process as soon as standard input is closed: whoever started it holds the other end, and is gone.
pub(crate) fn exit_when_stdin_closes() -> Result<(), Failure> {
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(|| {
            let mut ignored = [0; 64];
            // What is written there means nothing; an error means that there is nobody either.
            while matches!(std::io::stdin().read(&mut ignored), Ok(1..)) {}
            std::process::exit(i32::from(NOT_CARRIED_OUT));
        })
        .map(drop)
        .map_err(|error| Failure::not_carried_out(format!("cannot watch standard input: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_asks_late_learns_it_too() {
        let shutdown = Shutdown::default();
        assert!(!shutdown.is_requested());
        shutdown.clone().request();
        shutdown.requested().await;
        assert_eq!(shutdown.unless(std::future::pending::<()>()).await, None);
    }

    #[tokio::test]
    async fn waits_for_what_is_going_on() {
        let shutdown = Shutdown::default();
        let (first, second) = (shutdown.busy(), shutdown.busy());
        drop(first);
        assert_eq!(shutdown.drained(Duration::from_millis(1)).await, 1);
        let waiting = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { shutdown.drained(Duration::from_secs(60)).await }
        });
        tokio::task::yield_now().await;
        drop(second);
        assert_eq!(waiting.await.unwrap(), 0);
    }
}
