//! How a part learns that it must go, and how it knows that its work is done.

use std::future::Future;
use std::sync::LazyLock;
use std::time::Duration;

use tokio::sync::watch;

/// Says when the part must go. Clones share it.
#[derive(Debug, Clone)]
pub struct Shutdown {
    requested: watch::Receiver<bool>,
    request: std::sync::Arc<watch::Sender<bool>>,
}

impl Default for Shutdown {
    fn default() -> Self {
        let (request, requested) = watch::channel(false);
        Self {
            requested,
            request: std::sync::Arc::new(request),
        }
    }
}

impl Shutdown {
    /// Returns once the part must go; at once if that was said before.
    pub async fn requested(&self) {
        let mut requested = self.requested.clone();
        // The sender lives as long as `self`, so this ends only when the value turns true.
        let _ = requested.wait_for(|requested| *requested).await;
    }

    /// Whether the part must go.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.requested.borrow()
    }

    /// Says that the part must go.
    pub fn request(&self) {
        self.request.send_replace(true);
    }

    /// The result of `future`, or none when the part must go first; `future` is dropped then.
    pub async fn unless<F: Future>(&self, future: F) -> Option<F::Output> {
        tokio::select! {
            output = future => Some(output),
            () = self.requested() => None,
        }
    }
}

static BUSY: LazyLock<watch::Sender<usize>> = LazyLock::new(|| watch::channel(0).0);

/// Work that shutting down waits for, for as long as this lives.
#[derive(Debug)]
pub struct Busy(());

impl Busy {
    /// Something begins that shutting down should wait for.
    #[must_use]
    pub fn enter() -> Self {
        BUSY.send_modify(|count| *count += 1);
        Self(())
    }

    /// Waits until nothing is going on, for at most `patience`. Returns how much still was.
    pub(crate) async fn wait_for_none(patience: Duration) -> usize {
        let mut count = BUSY.subscribe();
        let waited = tokio::time::timeout(patience, count.wait_for(|count| *count == 0))
            .await
            .is_ok();
        if waited { 0 } else { *BUSY.borrow() }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        BUSY.send_modify(|count| *count -= 1);
    }
}
