//! Questions that may take long: how many are worked on at once, for how long, and for whom.
//!
//! They are worked on away from the threads that receive, only a few at a time, so that receiving always has a
//! processor to be done on. A question stops when its time is up or when the one who asked has gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::ingest::Lab;
use crate::store::TraceSpans;

/// How many questions are worked on at once; others wait.
const AT_ONCE: usize = 2;
/// How long one waits for its turn.
const TURN: Duration = Duration::from_secs(10);
/// How long one may take.
pub const LONGEST: Duration = Duration::from_secs(30);
/// How many traces are taken out of the store at a time.
const PIECE: u64 = 256;

/// The lab, as those see it who ask.
pub struct Queries {
    pub lab: Arc<Lab>,
    turns: Arc<Semaphore>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    #[error("too many questions are being worked on; ask again in a while")]
    Busy,
    #[error("the question took longer than {} s; ask for less: a shorter time, a narrower condition", LONGEST.as_secs())]
    TooLong,
    #[error("the question could not be worked on")]
    Failed,
}

/// Work that was given up: its time is up, or nobody waits for it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

/// Whether work is to go on.
#[derive(Debug, Clone)]
pub struct Watch {
    left: Arc<AtomicBool>,
    until: Instant,
}

impl Watch {
    /// Whether the work is to go on.
    pub fn goes_on(&self) -> bool {
        self.check().is_ok()
    }

    /// An error once the work is to stop. Cheap enough to be asked for every trace.
    pub fn check(&self) -> Result<(), Stopped> {
        if self.left.load(Ordering::Relaxed) || Instant::now() >= self.until {
            Err(Stopped)
        } else {
            Ok(())
        }
    }
}

/// Says that nobody waits any more, when it is dropped.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Queries {
    pub fn new(lab: Arc<Lab>) -> Self {
        Self {
            lab,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Works on a question when its turn has come.
    pub async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Lab, &Watch) -> Result<T, Stopped> + Send + 'static,
    ) -> Result<T, Unanswered> {
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.turns).acquire_owned());
        let turn = match turn.await {
            Ok(Ok(turn)) => turn,
            Ok(Err(_)) => return Err(Unanswered::Failed),
            Err(_) => return Err(Unanswered::Busy),
        };
        let left = Arc::new(AtomicBool::new(false));
        let _waiting = Waiting(Arc::clone(&left));
        let watch = Watch {
            left,
            until: Instant::now() + LONGEST,
        };
        let lab = Arc::clone(&self.lab);
        let task = tokio::task::spawn_blocking(move || {
            let done = work(&lab, &watch);
            drop(turn);
            done
        });
        match task.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(Stopped)) => Err(Unanswered::TooLong),
            Err(_) => Err(Unanswered::Failed),
        }
    }
}

/// Goes through all traces that are here now, the newest first. The store is held only to take out a few at a time.
pub fn newest_first(
    lab: &Lab,
    watch: &Watch,
    mut each: impl FnMut(&Arc<TraceSpans>) -> Result<(), Stopped>,
) -> Result<(), Stopped> {
    newest_first_while(lab, watch, |trace| each(trace).map(|()| true))
}

/// The same, as long as it says that it wants more.
pub fn newest_first_while(
    lab: &Lab,
    watch: &Watch,
    mut each: impl FnMut(&Arc<TraceSpans>) -> Result<bool, Stopped>,
) -> Result<(), Stopped> {
    let here = lab.store().numbers();
    let mut end = here.end;
    let mut piece = Vec::with_capacity(PIECE as usize);
    while end > here.start {
        let start = end.saturating_sub(PIECE).max(here.start);
        piece.extend(lab.store().some(start..end).rev().cloned());
        for trace in piece.drain(..) {
            watch.check()?;
            if !each(&trace)? {
                return watch.check();
            }
        }
        end = start;
    }
    // What was worked out of the last one means nothing if the work was given up meanwhile.
    watch.check()
}
