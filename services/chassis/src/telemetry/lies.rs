//! Telemetry that lies: faults that leave the service as it is and make wrong what it says of itself. Each is a mistake in how
//! telemetry is set up (a clock, a queue, a sampler), so that they are set for the whole process and for a time; those that are
//! mistakes in code around a single call are in [`crate::telemetry::instrumentation`].
//!
//! While nothing is set, a span costs one atomic load more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use faults::baggage::ActiveFault;
use faults::catalogue::{CLOCK_SKEW, DROPPED_SPANS, HEAD_SAMPLING, LATE_SPANS};
use opentelemetry::trace::{SpanId, TraceId};

/// What is set now.
#[derive(Debug, Default)]
pub(crate) struct Lies {
    clock: Option<Skew>,
    queue: Option<Lie<usize>>,
    delay: Option<Lie<Duration>>,
    share: Option<Lie<f64>>,
}

/// A lie, and at which service, as the referee is told.
#[derive(Debug, Clone)]
pub(crate) struct Lie<T> {
    fault: &'static str,
    at: Arc<str>,
    /// How it lies.
    pub value: T,
}

impl<T> Lie<T> {
    fn of(fault: &ActiveFault, value: T) -> Self {
        Self {
            fault: fault.fault,
            at: fault.at.as_str().into(),
            value,
        }
    }

    /// It made this span wrong.
    pub(crate) fn struck(&self, trace: TraceId, span: Option<SpanId>) {
        crate::referee::span_affected(self.fault, &self.at, trace, span);
    }
}

/// A clock that is off.
#[derive(Debug)]
struct Skew {
    lie: Lie<()>,
    ahead: bool,
    offset: Duration,
    /// How much it gains or loses each second.
    drift: Duration,
    since: Instant,
}

impl Skew {
    fn now(&self) -> Duration {
        self.offset + self.drift.mul_f64(self.since.elapsed().as_secs_f64())
    }

    fn shift(&self, time: SystemTime, by: Duration) -> SystemTime {
        let shifted = if self.ahead {
            time.checked_add(by)
        } else {
            time.checked_sub(by)
        };
        shifted.unwrap_or(time)
    }
}

static ANY: AtomicBool = AtomicBool::new(false);
static LIES: RwLock<Option<Arc<Lies>>> = RwLock::new(None);

/// What is set now; none nearly always.
pub(crate) fn current() -> Option<Arc<Lies>> {
    if !ANY.load(Ordering::Acquire) {
        return None;
    }
    LIES.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Takes over what is set at this process for a time.
pub(crate) fn set(faults: &[ActiveFault]) {
    let mut lies = Lies::default();
    let mut any = false;
    for fault in faults {
        any |= lies.add(fault);
    }
    let mut current = LIES.write().unwrap_or_else(PoisonError::into_inner);
    // A clock that is off already goes on from where it is.
    if let (Some(before), Some(now)) = (
        current.as_ref().and_then(|lies| lies.clock.as_ref()),
        &mut lies.clock,
    ) {
        now.since = before.since;
    }
    ANY.store(any, Ordering::Release);
    *current = any.then(|| Arc::new(lies));
}

impl Lies {
    /// Whether the fault is one of ours.
    fn add(&mut self, fault: &ActiveFault) -> bool {
        if fault.fault == CLOCK_SKEW.name {
            self.clock = Some(Skew {
                lie: Lie::of(fault, ()),
                ahead: fault.word("direction") == "ahead",
                offset: fault.duration("offset"),
                drift: fault.duration("drift"),
                since: Instant::now(),
            });
        } else if fault.fault == DROPPED_SPANS.name {
            let queue = usize::try_from(fault.number("queue")).unwrap_or(usize::MAX);
            self.queue = Some(Lie::of(fault, queue));
        } else if fault.fault == LATE_SPANS.name {
            self.delay = Some(Lie::of(fault, fault.duration("delay")));
        } else if fault.fault == HEAD_SAMPLING.name {
            self.share = Some(Lie::of(fault, fault.share("keep")));
        } else {
            return false;
        }
        true
    }

    /// How many spans may wait to be sent, if that is too few.
    pub(crate) fn queue(&self) -> Option<&Lie<usize>> {
        self.queue.as_ref()
    }

    /// How long spans are held back, if they are.
    pub(crate) fn delay(&self) -> Option<&Lie<Duration>> {
        self.delay.as_ref()
    }

    /// Which share of the traces is kept, whatever the caller had decided, if not all are.
    pub(crate) fn share(&self) -> Option<&Lie<f64>> {
        self.share.as_ref()
    }
}

/// How far the clock is off for one span: decided at its start and kept to its end, as an SDK does that reads the wall clock
/// once and a steady one from then on, so that no span's length is wrong.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpanClock(Option<(Arc<Lies>, Duration)>);

impl SpanClock {
    /// That of a span that starts now.
    pub(crate) fn now() -> Self {
        let lies = current().filter(|lies| lies.clock.is_some());
        Self(lies.map(|lies| {
            let off = lies.clock.as_ref().map_or(Duration::ZERO, Skew::now);
            (lies, off)
        }))
    }

    /// Whether it is off.
    pub(crate) fn is_off(&self) -> bool {
        self.0.is_some()
    }

    /// What the clock says when it is really that time.
    pub(crate) fn says(&self, time: SystemTime) -> SystemTime {
        match self
            .0
            .as_ref()
            .and_then(|(lies, off)| Some((lies.clock.as_ref()?, off)))
        {
            Some((skew, off)) => skew.shift(time, *off),
            None => time,
        }
    }

    /// It made this span wrong.
    pub(crate) fn struck(&self, trace: TraceId, span: SpanId) {
        if let Some(skew) = self.0.as_ref().and_then(|(lies, _)| lies.clock.as_ref()) {
            skew.lie.struck(trace, Some(span));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skew(direction: &str, drift: &str) -> Skew {
        let parameters = [("offset", "500ms"), ("direction", direction), ("drift", drift)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let fault = ActiveFault::for_a_time(CLOCK_SKEW.name, "catalog", parameters).unwrap();
        let mut lies = Lies::default();
        assert!(lies.add(&fault));
        lies.clock.unwrap()
    }

    #[test]
    fn a_clock_is_ahead_or_behind_and_may_drift() {
        let now = SystemTime::now();
        let ahead = skew("ahead", "0ms");
        assert_eq!(ahead.now(), Duration::from_millis(500));
        assert_eq!(ahead.shift(now, ahead.now()), now + Duration::from_millis(500));
        let behind = skew("behind", "0ms");
        assert_eq!(behind.shift(now, behind.now()), now - Duration::from_millis(500));
        let mut drifting = skew("ahead", "10ms");
        drifting.since = Instant::now() - Duration::from_secs(10);
        assert!(drifting.now() >= Duration::from_millis(600));
    }

    #[test]
    fn a_fault_of_another_kind_is_no_lie() {
        let other = ActiveFault::for_a_time("slow-query", "catalog.search", Default::default()).unwrap();
        assert!(!Lies::default().add(&other));
    }
}
