//! The clock that held bytes wait on: one precise timer for all connections.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use clock::Timer;
use tokio::sync::Notify;

/// How long before its moment a wait stops sleeping and looks at the clock instead. A sleeping process is late by what the
/// kernel takes to run it again, tens of microseconds on an idle machine, and by cold caches.
const AWAKE: Duration = Duration::from_micros(100);

/// Wakes whoever waits for a moment. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Delays(Arc<Shared>);

#[derive(Default)]
struct Shared {
    waiting: Mutex<BinaryHeap<Reverse<Entry>>>,
    /// Someone waits for an earlier moment than the timer is set to.
    earlier: Notify,
}

struct Entry {
    due: Instant,
    waker: Waker,
}

/// One waiter's place; reused from one wait to the next.
#[derive(Default)]
pub(crate) struct Wait {
    due: Option<Instant>,
}

impl Delays {
    /// Sets the timer for whoever waits, for ever. One task of the runtime does this.
    pub(crate) async fn run(self) -> io::Result<()> {
        let mut timer = Timer::new()?;
        loop {
            let Some(next) = self.wake_due() else {
                self.0.earlier.notified().await;
                continue;
            };
            let Some(asleep) = next.checked_sub(AWAKE).filter(|until| *until > Instant::now()) else {
                // Others go on meanwhile: the runtime looks for what is ready each time.
                tokio::task::yield_now().await;
                continue;
            };
            tokio::select! {
                biased;
                slept = timer.sleep_until(asleep) => slept?,
                () = self.0.earlier.notified() => {}
            }
        }
    }

    /// Whether that moment has come; wakes the task when it does. A task must have one [`Wait`] for each moment that it
    /// waits for at a time.
    pub(crate) fn poll_until(&self, context: &Context<'_>, due: Instant, wait: &mut Wait) -> Poll<()> {
        if due <= Instant::now() {
            wait.due = None;
            return Poll::Ready(());
        }
        // A task that is polled for another reason is not put on the list a second time.
        if wait.due != Some(due) {
            wait.due = Some(due);
            let mut waiting = self.waiting();
            let is_earliest = waiting.peek().is_none_or(|Reverse(first)| due < first.due);
            waiting.push(Reverse(Entry {
                due,
                waker: context.waker().clone(),
            }));
            drop(waiting);
            if is_earliest {
                self.0.earlier.notify_one();
            }
        }
        Poll::Pending
    }

    /// Wakes those whose moment has come and says when the next one is.
    fn wake_due(&self) -> Option<Instant> {
        let mut waiting = self.waiting();
        let now = Instant::now();
        while let Some(Reverse(first)) = waiting.peek() {
            if first.due > now {
                return Some(first.due);
            }
            if let Some(Reverse(first)) = waiting.pop() {
                first.waker.wake();
            }
        }
        None
    }

    fn waiting(&self) -> MutexGuard<'_, BinaryHeap<Reverse<Entry>>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.due == other.due
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.due.cmp(&other.due)
    }
}
