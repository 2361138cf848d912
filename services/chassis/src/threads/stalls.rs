//! Who had to wait because somebody kept a thread of the runtime to himself.
//!
//! A task that could go on and is not let is not slow by its own fault. How long each request waits between being woken and
//! being run is measured around its handler; when that overlaps with a time at which a thread was held, the referee is told
//! that the request is a bystander. Nothing of this is seen in the traces.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use axum::extract::{Request, State as Shared};
use axum::middleware::Next;
use axum::response::Response;
use faults::catalogue::BLOCKED_RUNTIME;
use faults::truth::Role;

use crate::referee;
use crate::request::Faults;
use crate::span::current_span_context;

/// A wait that is shorter is no wait: a busy machine has those too.
const NOTABLE_WAIT: Duration = Duration::from_millis(2);

/// When threads of the runtime were held by an operation.
#[derive(Debug)]
pub struct Stalls {
    operation: &'static str,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    now: usize,
    last_end: Option<Instant>,
}

/// A thread is held until this is dropped.
#[derive(Debug)]
pub(super) struct Stall<'a>(&'a Stalls);

impl Stalls {
    /// No thread has been held yet by that operation, such as `orders.sales-report`.
    #[must_use]
    pub fn of(operation: &'static str) -> Self {
        Self {
            operation,
            held: Mutex::default(),
        }
    }

    pub(super) fn operation(&self) -> &'static str {
        self.operation
    }

    /// From now on a thread is held.
    pub(super) fn begin(&self) -> Stall<'_> {
        self.lock().now += 1;
        Stall(self)
    }

    /// Whether one was, at some time between `since` and now.
    fn overlapped(&self, since: Instant) -> bool {
        let held = self.lock();
        held.now > 0 || held.last_end.is_some_and(|end| end >= since)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stall<'_> {
    fn drop(&mut self) {
        let mut held = self.0.lock();
        held.now -= 1;
        held.last_end = Some(Instant::now());
    }
}

/// Watches how long a request is kept from running.
pub async fn watch(Shared(stalls): Shared<Arc<Stalls>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let mut kept = Duration::ZERO;
    let response = Kept {
        future: pin!(next.run(request)),
        alarm: None,
        kept: &mut kept,
    }
    .await;
    let is_culprit = Faults::current()
        .find(BLOCKED_RUNTIME.name, stalls.operation)
        .is_some();
    if kept > NOTABLE_WAIT && !is_culprit && stalls.overlapped(began) {
        let span = current_span_context().map(|span| span.span_id());
        let kept_ms = kept.as_secs_f64() * 1000.0;
        referee::applied(
            BLOCKED_RUNTIME.name,
            stalls.operation,
            Role::Bystander,
            kept_ms,
            span.as_slice(),
        );
    }
    response
}

/// A future, and for how long it was not run although it could have been.
struct Kept<'a, F> {
    future: Pin<&'a mut F>,
    alarm: Option<Arc<Alarm>>,
    kept: &'a mut Duration,
}

/// Remembers when it was rung, and passes it on.
struct Alarm {
    rung: Mutex<Option<Instant>>,
    waker: Waker,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.rung
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_with(Instant::now);
        self.waker.wake_by_ref();
    }
}

impl<F: Future> Future for Kept<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let alarm = match this.alarm.take() {
            Some(alarm) if alarm.waker.will_wake(context.waker()) => alarm,
            _ => Arc::new(Alarm {
                rung: Mutex::default(),
                waker: context.waker().clone(),
            }),
        };
        let rung = alarm.rung.lock().unwrap_or_else(PoisonError::into_inner).take();
        *this.kept += rung.map_or(Duration::ZERO, |rung| rung.elapsed());
        let waker = Waker::from(alarm.clone());
        this.alarm = Some(alarm);
        this.future.as_mut().poll(&mut Context::from_waker(&waker))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_was_there_while_a_thread_was_held_overlapped() {
        let stalls = Stalls::of("orders.sales-report");
        let before = Instant::now();
        assert!(!stalls.overlapped(before));
        let stall = stalls.begin();
        assert!(stalls.overlapped(before));
        drop(stall);
        assert!(stalls.overlapped(before));
        assert!(!stalls.overlapped(Instant::now() + Duration::from_nanos(1)));
    }

    #[tokio::test]
    async fn the_time_between_being_woken_and_being_run_is_counted() {
        let mut kept = Duration::ZERO;
        let held = Duration::from_millis(30);
        let (sender, receiver) = tokio::sync::oneshot::channel();
        // It wakes who waits, and then keeps the only thread to itself.
        tokio::spawn(async move {
            let _ = sender.send(());
            let until = Instant::now() + held;
            while Instant::now() < until {
                std::hint::spin_loop();
            }
        });
        let waits = Kept {
            future: pin!(receiver),
            alarm: None,
            kept: &mut kept,
        };
        assert!(waits.await.is_ok());
        assert!(kept >= held, "{kept:?}");
    }
}
