//! A receiver that answers as it is told, and what the pipeline makes of that.

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
