//! So many workers for all requests, while that is set: whoever comes when all are at work queues, however little it wants.
//!
//! The referee is told who is who. A request that works for longer than requests do on average, while others queue, is to blame; its
//! effect is for how long somebody queued meanwhile. Whoever else had to queue is a bystander; the effect is for how long.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use faults::catalogue::WORKER_STARVATION;
use faults::truth::Role;
use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Server;
use crate::request::{Passed, Scope};
use crate::span;

/// A wait that is shorter is no wait, and gets no span: a worker that is free takes that long too.
const NOTABLE_WAIT: Duration = Duration::from_millis(1);

/// The workers of a process; none while requests need none.
#[derive(Debug, Default)]
pub(crate) struct Workers(Mutex<Option<Arc<Pool>>>);

#[derive(Debug)]
struct Pool {
    size: usize,
    free: Arc<Semaphore>,
    queue: Mutex<Queue>,
}

/// What was seen of the queue.
#[derive(Debug, Default)]
struct Queue {
    waiting: usize,
    /// For how long somebody has been waiting, up to the last change.
    waited: Duration,
    changed: Option<Instant>,
    /// What all who have had a worker did with it.
    served: u32,
    worked: Duration,
}

/// A request that has a worker, or needs none any more. It gives the worker back when it is dropped.
#[derive(Debug)]
#[must_use = "it gives the worker back when it is dropped"]
pub(super) struct Worker {
    at: &'static str,
    pool: Arc<Pool>,
    _permit: Option<OwnedSemaphorePermit>,
    context: Context,
    began: Instant,
    /// The queue's clock when it began.
    queue_waited: Duration,
    /// For how long it queued itself, and in which span.
    own_wait: Option<(Duration, SpanId)>,
}

impl Workers {
    fn pool(&self, size: usize) -> Arc<Pool> {
        let mut current = lock(&self.0);
        match &*current {
            Some(pool) if pool.size == size => pool.clone(),
            _ => {
                let pool = Arc::new(Pool {
                    size,
                    free: Arc::new(Semaphore::new(size)),
                    queue: Mutex::default(),
                });
                *current = Some(pool.clone());
                pool
            }
        }
    }
}

/// Waits for a worker, if this request needs one: until there is one, or none is needed any more.
///
/// # Errors
///
/// When its deadline passes first.
pub(super) async fn enter(server: &Server, scope: &Scope) -> Result<Option<Worker>, Passed> {
    let faults = scope.faults();
    let Some(fault) = faults.find(WORKER_STARVATION.name, server.name) else {
        return Ok(None);
    };
    let size = usize::try_from(fault.number("workers")).unwrap_or(Semaphore::MAX_PERMITS);
    let pool = server.workers.pool(size);
    let (asked, asked_at) = (Instant::now(), SystemTime::now());
    let turn = match pool.free.clone().try_acquire_owned() {
        Ok(permit) => Ok(Some(permit)),
        Err(_) => {
            let _waiting = Waiting::begin(&pool);
            let over = server.windows.over(WORKER_STARVATION.name, server.name);
            let turn = async {
                tokio::select! {
                    permit = pool.free.clone().acquire_owned() => permit.ok(),
                    () = over => None,
                }
            };
            scope.deadline().bound(turn).await
        }
    };
    let waited = asked.elapsed();
    let own_wait = (waited > NOTABLE_WAIT).then(|| {
        let span = span::internal("worker queue").started_at(asked_at).start();
        (waited, span.span_id())
    });
    let began = Instant::now();
    let queue_waited = lock(&pool.queue).waited_until(began);
    let worker = |permit| Worker {
        at: server.name,
        pool,
        _permit: permit,
        context: Context::current(),
        began,
        queue_waited,
        own_wait,
    };
    match turn {
        Ok(permit) => Ok(Some(worker(permit))),
        Err(passed) => {
            // It has waited all the same, and tells so.
            drop(worker(None));
            Err(passed)
        }
    }
}

/// One who queues, until this is dropped.
struct Waiting<'a>(&'a Pool);

impl<'a> Waiting<'a> {
    fn begin(pool: &'a Pool) -> Self {
        lock(&pool.queue).change(1);
        Self(pool)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        lock(&self.0.queue).change(-1);
    }
}

impl Queue {
    /// For how long somebody has been waiting until that moment.
    fn waited_until(&self, moment: Instant) -> Duration {
        match self.changed {
            Some(changed) if self.waiting > 0 => self.waited + moment.saturating_duration_since(changed),
            _ => self.waited,
        }
    }

    fn change(&mut self, by: isize) {
        let now = Instant::now();
        self.waited = self.waited_until(now);
        self.changed = Some(now);
        self.waiting = self.waiting.saturating_add_signed(by);
    }

    /// Somebody has worked for so long: whether that was longer than others on average, or nobody has before.
    fn has_worked(&mut self, time: Duration) -> bool {
        let is_long = self.served == 0 || time > self.worked / self.served;
        self.served = self.served.saturating_add(1);
        self.worked += time;
        is_long
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let now = Instant::now();
        let (caused, is_long) = {
            let mut queue = lock(&self.pool.queue);
            let caused = queue.waited_until(now).saturating_sub(self.queue_waited);
            (caused, queue.has_worked(now - self.began))
        };
        let (role, time, span) = match self.own_wait {
            _ if is_long && caused > NOTABLE_WAIT => (
                Role::Culprit,
                caused,
                self.context.span().span_context().span_id(),
            ),
            Some((waited, span)) => (Role::Bystander, waited, span),
            None => return,
        };
        let _attached = self.context.clone().attach();
        let milliseconds = time.as_secs_f64() * 1e3;
        crate::referee::applied(WORKER_STARVATION.name, self.at, role, milliseconds, &[span]);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_s_clock_runs_while_somebody_waits() {
        let mut queue = Queue::default();
        let later = Instant::now() + Duration::from_secs(1);
        assert_eq!(queue.waited_until(later), Duration::ZERO);
        queue.change(1);
        queue.change(1);
        assert!(queue.waited_until(Instant::now() + Duration::from_secs(1)) >= Duration::from_secs(1));
        queue.change(-1);
        queue.change(-1);
        let stands = queue.waited_until(Instant::now());
        assert_eq!(
            queue.waited_until(Instant::now() + Duration::from_secs(1)),
            stands
        );
    }

    #[test]
    fn who_works_longer_than_the_others_is_told_apart() {
        let mut queue = Queue::default();
        let millisecond = Duration::from_millis(1);
        assert!(queue.has_worked(millisecond * 2), "nobody has worked before");
        assert!(!queue.has_worked(millisecond));
        assert!(queue.has_worked(millisecond * 50));
        assert!(!queue.has_worked(millisecond * 2));
    }

    #[test]
    fn workers_stay_as_long_as_there_are_as_many() {
        let workers = Workers::default();
        let two = workers.pool(2);
        assert!(Arc::ptr_eq(&two, &workers.pool(2)));
        assert!(!Arc::ptr_eq(&two, &workers.pool(3)));
    }
}
