//! The way of a span from its end to the receiver: a bounded queue, a thread, and a count at each step.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::lies;
use super::otlp::{Deliveries, Request, SendError, Transport, deliver};
use crate::counters::Counters;

/// How often a thread that holds spans back looks whether it still should.
const LOOK_UP: Duration = Duration::from_millis(50);

/// How a pipeline behaves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// How long the first span of a batch waits for others.
    pub delay: Duration,
    /// How many spans may wait; what comes on top of them is dropped.
    pub queue: usize,
    /// The most spans in one request.
    pub batch: usize,
    /// How long a batch is tried again before it is dropped.
    pub patience: Duration,
    /// How long a shutdown may take.
    pub flush: Duration,
}

/// Counts spans as they begin and end, and hands them to the thread that sends them.
#[derive(Debug)]
pub(super) struct Pipeline {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    counters: Arc<Counters>,
    limits: Limits,
}

#[derive(Debug, Default)]
struct State {
    queue: Vec<SpanData>,
    /// A batch is on its way.
    sending: bool,
    /// Somebody waits for the queue to be empty: do not gather.
    hurry: bool,
    /// Set by a shutdown: nothing is taken any more, and what is there must be sent by then.
    closing: Option<Instant>,
    finished: bool,
}

impl Pipeline {
    /// Starts the thread.
    pub(super) fn start(
        transport: Arc<dyn Transport>,
        counters: Arc<Counters>,
        resource: &Resource,
        limits: Limits,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            counters,
            limits,
        });
        let sender = Sender {
            shared: shared.clone(),
            transport,
            resource: ResourceAttributesWithSchema::from(resource),
            deliveries: Deliveries::of("spans"),
        };
        std::thread::Builder::new()
            .name("spans".to_owned())
            .spawn(move || sender.run())?;
        Ok(Self { shared })
    }
}

impl SpanProcessor for Pipeline {
    fn on_start(&self, _: &mut Span, _: &Context) {
        self.shared.counters.started();
    }

    fn on_end(&self, span: SpanData) {
        let Shared {
            counters,
            limits,
            changed,
            ..
        } = &*self.shared;
        counters.ended();
        let lies = lies::current();
        let small = lies.as_ref().and_then(|lies| lies.queue());
        let room = small.map_or(limits.queue, |lie| lie.value.min(limits.queue));
        let mut state = self.shared.lock();
        if state.closing.is_some() || state.queue.len() >= room {
            drop(state);
            counters.dropped(1);
            if let Some(lie) = small {
                lie.struck(span.span_context.trace_id(), Some(span.span_context.span_id()));
            }
            return;
        }
        state.queue.push(span);
        // The thread sleeps until there is a first span, and then until there is a batch.
        let length = state.queue.len();
        drop(state);
        if length == 1 || length == limits.batch {
            changed.notify_all();
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        let flush = self.shared.limits.flush;
        let until = Instant::now() + flush;
        let mut state = self.shared.lock();
        while !state.finished && (state.sending || !state.queue.is_empty()) {
            state.hurry = true;
            self.shared.changed.notify_all();
            state = self
                .shared
                .wait_until(state, until)
                .ok_or(OTelSdkError::Timeout(flush))?;
        }
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let flush = timeout.min(self.shared.limits.flush);
        let until = Instant::now() + flush;
        let mut state = self.shared.lock();
        if state.closing.is_some() {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        state.closing = Some(until);
        self.shared.changed.notify_all();
        while !state.finished {
            match self.shared.wait_until(state, until) {
                Some(woken) => state = woken,
                None => {
                    // What still waits will not be sent. What is being sent keeps counting as in flight.
                    let left = std::mem::take(&mut self.shared.lock().queue);
                    self.shared.counters.dropped(left.len() as u64);
                    return Err(OTelSdkError::Timeout(flush));
                }
            }
        }
        Ok(())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a change; none when the time has come.
    fn wait_until<'a>(&self, state: MutexGuard<'a, State>, until: Instant) -> Option<MutexGuard<'a, State>> {
        let left = until
            .checked_duration_since(Instant::now())
            .filter(|left| !left.is_zero())?;
        Some(
            self.changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0,
        )
    }
}

/// The thread that sends.
struct Sender {
    shared: Arc<Shared>,
    transport: Arc<dyn Transport>,
    resource: ResourceAttributesWithSchema,
    deliveries: Deliveries,
}

impl Sender {
    fn run(self) {
        // What the transport itself would record must not come back here.
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        while let Some(batch) = self.gather() {
            self.send(batch);
            let mut state = self.shared.lock();
            state.sending = false;
            if state.queue.is_empty() {
                state.hurry = false;
            }
            drop(state);
            self.shared.changed.notify_all();
        }
        self.shared.lock().finished = true;
        self.shared.changed.notify_all();
    }

    /// The next batch; none when it is time to end.
    fn gather(&self) -> Option<Vec<SpanData>> {
        let limits = &self.shared.limits;
        let mut state = self.shared.lock();
        while state.queue.is_empty() {
            if state.closing.is_some() {
                return None;
            }
            state = self
                .shared
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let began = Instant::now();
        let full_at = began + limits.delay;
        while state.queue.len() < limits.batch && !state.hurry && state.closing.is_none() {
            match self.shared.wait_until(state, full_at) {
                Some(woken) => state = woken,
                None => {
                    state = self.shared.lock();
                    break;
                }
            }
        }
        state = self.hold_back(state, began);
        let batch = if state.queue.len() <= limits.batch {
            std::mem::take(&mut state.queue)
        } else {
            state.queue.drain(..limits.batch).collect()
        };
        state.sending = !batch.is_empty();
        Some(batch)
    }

    /// Goes on waiting while a fault holds spans back, also past a full batch; not past a flush or the end.
    fn hold_back<'a>(&'a self, mut state: MutexGuard<'a, State>, began: Instant) -> MutexGuard<'a, State> {
        let mut held = None;
        while let Some(lie) = lies::current().and_then(|lies| lies.delay().cloned()) {
            let delay = lie.value;
            held = Some(lie);
            if began.elapsed() >= delay || state.hurry || state.closing.is_some() {
                break;
            }
            // Looks up now and then, to see that the fault is over.
            let soon = (began + delay).min(Instant::now() + LOOK_UP);
            state = match self.shared.wait_until(state, soon) {
                Some(woken) => woken,
                None => self.shared.lock(),
            };
        }
        if let Some(lie) = held {
            for span in &state.queue {
                let span = &span.span_context;
                lie.struck(span.trace_id(), Some(span.span_id()));
            }
        }
        state
    }

    fn send(&self, batch: Vec<SpanData>) {
        let counters = self.shared.counters.clone();
        let count = batch.len() as u64;
        if count == 0 {
            return;
        }
        let request = Request::Traces(ExportTraceServiceRequest {
            resource_spans: group_spans_by_resource_and_scope(batch, &self.resource),
        });
        counters.sending(count);
        let result = deliver(&*self.transport, &request, self.shared.limits.patience, |wait| {
            self.pause(wait)
        });
        match &result {
            Ok(rejected) => {
                let rejected = (*rejected).min(count);
                counters.settled(count - rejected, rejected);
            }
            Err(SendError::Refused(_) | SendError::Again { .. }) => counters.settled(0, count),
            // It stays in flight: only the receiver can say whether it arrived.
            Err(SendError::Unknown(_)) => {}
        }
        self.deliveries.note(&result);
    }

    /// Sleeps before another attempt. Says false when a shutdown leaves no time for it.
    fn pause(&self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        let mut state = self.shared.lock();
        loop {
            if state.closing.is_some_and(|closing| until >= closing) {
                return false;
            }
            match self.shared.wait_until(state, until) {
                Some(woken) => state = woken,
                None => return true,
            }
        }
    }
}

#[cfg(test)]
mod tests;
