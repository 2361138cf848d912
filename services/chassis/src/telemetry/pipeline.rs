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
use super::otlp::{Request, SendError, Transport, deliver};
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
            failing: false,
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
    /// The last batch did not arrive; a change is logged once.
    failing: bool,
}

impl Sender {
    fn run(mut self) {
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

    fn send(&mut self, batch: Vec<SpanData>) {
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
        self.report(&result, count);
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

    fn report(&mut self, result: &Result<u64, SendError>, spans: u64) {
        match result {
            Err(error) if !self.failing => {
                tracing::warn!(spans, reason = error.reason(), "spans cannot be delivered");
                self.failing = true;
            }
            Ok(_) if self.failing => {
                tracing::info!("spans are delivered again");
                self.failing = false;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use opentelemetry::trace::{Tracer, TracerProvider};
    use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};

    use super::*;
    use crate::counters::Snapshot;

    /// Answers with what it was told to, then accepts everything; waits at the gate while that is closed.
    #[derive(Debug, Default)]
    struct Receiver {
        answers: Mutex<VecDeque<Result<u64, SendError>>>,
        received: Mutex<Vec<usize>>,
        gate: Mutex<bool>,
        changed: Condvar,
    }

    impl Transport for Receiver {
        fn send(&self, request: &Request) -> Result<u64, SendError> {
            let Request::Traces(request) = request else {
                panic!("only spans are sent here")
            };
            let spans = request.resource_spans[0].scope_spans[0].spans.len();
            self.received.lock().unwrap().push(spans);
            self.changed.notify_all();
            let mut closed = self.gate.lock().unwrap();
            while *closed {
                closed = self.changed.wait(closed).unwrap();
            }
            self.answers.lock().unwrap().pop_front().unwrap_or(Ok(0))
        }
    }

    impl Receiver {
        fn answering(answers: impl IntoIterator<Item = Result<u64, SendError>>) -> Arc<Self> {
            Arc::new(Self {
                answers: Mutex::new(answers.into_iter().collect()),
                ..Self::default()
            })
        }

        fn wait_for_requests(&self, count: usize) {
            let mut received = self.received.lock().unwrap();
            while received.len() < count {
                received = self.changed.wait(received).unwrap();
            }
        }

        fn set_gate(&self, closed: bool) {
            *self.gate.lock().unwrap() = closed;
            self.changed.notify_all();
        }
    }

    const LIMITS: Limits = Limits {
        delay: Duration::from_millis(1),
        queue: 100,
        batch: 10,
        patience: Duration::from_secs(10),
        flush: Duration::from_millis(300),
    };

    fn start(receiver: &Arc<Receiver>, limits: Limits) -> (SdkTracerProvider, SdkTracer, Arc<Counters>) {
        let counters = Arc::new(Counters::anonymous().unwrap());
        let resource = Resource::builder_empty().build();
        let pipeline = Pipeline::start(receiver.clone(), counters.clone(), &resource, limits).unwrap();
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::AlwaysOn)
            .with_span_processor(pipeline)
            .build();
        let tracer = provider.tracer("test");
        (provider, tracer, counters)
    }

    fn spans(tracer: &SdkTracer, count: usize) {
        for _ in 0..count {
            drop(tracer.start("work"));
        }
    }

    #[test]
    fn all_that_is_taken_is_exported_in_batches() {
        let receiver = Receiver::answering([]);
        let (provider, tracer, counters) = start(&receiver, LIMITS);
        spans(&tracer, 25);
        provider.force_flush().unwrap();
        let expected = Snapshot {
            started: 25,
            ended: 25,
            exported: 25,
            ..Snapshot::default()
        };
        assert_eq!(counters.snapshot(), expected);
        let received = receiver.received.lock().unwrap().clone();
        assert_eq!(received.iter().sum::<usize>(), 25);
        assert!(received.iter().all(|spans| *spans <= 10));
    }

    #[test]
    fn rejected_and_refused_spans_are_dropped() {
        let receiver = Receiver::answering([Ok(3), Err(SendError::Refused("400".to_owned()))]);
        let (provider, tracer, counters) = start(&receiver, LIMITS);
        spans(&tracer, 5);
        provider.force_flush().unwrap();
        spans(&tracer, 4);
        provider.force_flush().unwrap();
        let snapshot = counters.snapshot();
        assert_eq!(
            (
                snapshot.ended,
                snapshot.exported + snapshot.dropped,
                snapshot.in_flight
            ),
            (9, 9, 0)
        );
        assert!(snapshot.dropped >= 4, "{snapshot:?}");
    }

    #[test]
    fn a_retryable_failure_is_tried_again_and_an_unknown_one_is_not() {
        let again = SendError::Again {
            after: Some(Duration::from_millis(1)),
            reason: "503".to_owned(),
        };
        let receiver = Receiver::answering([Err(again.clone()), Err(again)]);
        let (provider, tracer, counters) = start(&receiver, LIMITS);
        spans(&tracer, 1);
        provider.force_flush().unwrap();
        assert_eq!(receiver.received.lock().unwrap().len(), 3);
        assert_eq!(counters.snapshot().exported, 1);

        receiver
            .answers
            .lock()
            .unwrap()
            .push_back(Err(SendError::Unknown("timeout".to_owned())));
        spans(&tracer, 1);
        provider.force_flush().unwrap();
        assert_eq!(receiver.received.lock().unwrap().len(), 4);
        let expected = Snapshot {
            started: 2,
            ended: 2,
            exported: 1,
            in_flight: 1,
            ..Snapshot::default()
        };
        assert_eq!(counters.snapshot(), expected);
    }

    #[test]
    fn a_full_queue_drops_and_counts() {
        let receiver = Receiver::answering([]);
        receiver.set_gate(true);
        let (provider, tracer, counters) = start(&receiver, LIMITS);
        spans(&tracer, 1);
        receiver.wait_for_requests(1);
        spans(&tracer, 150);
        let expected = Snapshot {
            started: 151,
            ended: 151,
            dropped: 50,
            in_flight: 1,
            ..Snapshot::default()
        };
        assert_eq!(counters.snapshot(), expected);
        receiver.set_gate(false);
        provider.force_flush().unwrap();
        let expected = Snapshot {
            exported: 101,
            in_flight: 0,
            ..expected
        };
        assert_eq!(counters.snapshot(), expected);
    }

    #[test]
    fn a_receiver_that_hangs_does_not_hold_up_a_shutdown() {
        let receiver = Receiver::answering([]);
        receiver.set_gate(true);
        let (provider, tracer, counters) = start(&receiver, LIMITS);
        spans(&tracer, 1);
        receiver.wait_for_requests(1);
        spans(&tracer, 30);
        let asked = Instant::now();
        assert!(provider.shutdown().is_err());
        assert!(asked.elapsed() < Duration::from_secs(2));
        let expected = Snapshot {
            started: 31,
            ended: 31,
            dropped: 30,
            in_flight: 1,
            ..Snapshot::default()
        };
        assert_eq!(counters.snapshot(), expected);
        receiver.set_gate(false);
    }

    #[test]
    fn a_shutdown_sends_what_is_left() {
        let receiver = Receiver::answering([]);
        let limits = Limits {
            delay: Duration::from_secs(3600),
            ..LIMITS
        };
        let (provider, tracer, counters) = start(&receiver, limits);
        spans(&tracer, 7);
        provider.shutdown().unwrap();
        assert_eq!(counters.snapshot().exported, 7);
    }
}
