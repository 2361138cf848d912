//! What is counted while the load runs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::progress::{Progress, Recent, Snapshot};
use crate::{Dropped, Ending, Failure, Observer, Sample};

/// The counts, and who is told of each request.
pub struct Tally {
    observer: Rc<RefCell<dyn Observer>>,
    pub started: u64,
    pub completed: u64,
    pub failed: u64,
    pub aborted: u64,
    pub dropped: u64,
    pub retried: u64,
    pub failures: BTreeMap<Failure, u64>,
    recent: Recent,
    due: u64,
    due_last_second: u64,
    second_ends: Instant,
}

impl Tally {
    pub fn new(observer: Rc<RefCell<dyn Observer>>, now: Instant) -> Self {
        Self {
            observer,
            started: 0,
            completed: 0,
            failed: 0,
            aborted: 0,
            dropped: 0,
            retried: 0,
            failures: BTreeMap::new(),
            recent: Recent::new(),
            due: 0,
            due_last_second: 0,
            second_ends: now + Duration::from_secs(1),
        }
    }

    /// Requests that were started and have not ended.
    pub fn in_flight(&self) -> u64 {
        self.started - self.completed - self.failed - self.aborted
    }

    pub fn started(&mut self) {
        self.started += 1;
        self.due += 1;
    }

    pub fn dropped(&mut self, dropped: &Dropped) {
        self.dropped += 1;
        self.due += 1;
        self.observer.borrow_mut().dropped(dropped);
    }

    pub fn finished(&mut self, sample: &Sample) {
        match sample.ending {
            Ending::Completed(_) => self.completed += 1,
            Ending::Failed(failure) => {
                self.failed += 1;
                *self.failures.entry(failure).or_default() += 1;
            }
            Ending::Aborted => self.aborted += 1,
        }
        self.recent.record(sample.latency_from_schedule());
        self.observer.borrow_mut().finished(sample);
    }

    pub fn publish(&mut self, progress: &Progress, start: Instant, now: Instant) {
        if now >= self.second_ends {
            self.second_ends = now + Duration::from_secs(1);
            self.due_last_second = std::mem::take(&mut self.due);
            self.recent.rotate();
        }
        progress.publish(&Snapshot {
            elapsed: now.saturating_duration_since(start),
            due_per_second: self.due_last_second,
            in_flight: self.in_flight(),
            started: self.started,
            completed: self.completed,
            failed: self.failed,
            dropped: self.dropped,
            p95: self.recent.p95(),
        });
    }
}
