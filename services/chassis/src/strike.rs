//! A fault while it is being applied.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use faults::truth::Role;
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

/// A fault that is being applied to the request served here: told to the referee when this is dropped, so that it is told
/// however the request ends, also when its client goes away half way.
#[derive(Debug)]
#[must_use = "it is told to the referee when it is dropped"]
pub struct Strike {
    fault: &'static str,
    at: &'static str,
    began: Instant,
    effect: Effect,
    context: Context,
}

#[derive(Debug)]
enum Effect {
    Elapsed,
    Counted(f64),
}

impl Strike {
    /// A fault whose effect is the time that passes until this is dropped, in milliseconds.
    pub fn timed(fault: &'static str, at: &'static str) -> Self {
        Self::begin(fault, at, Effect::Elapsed)
    }

    /// A fault whose effect is a count; 1 until [`Strike::count`] says otherwise.
    pub fn counted(fault: &'static str, at: &'static str) -> Self {
        Self::begin(fault, at, Effect::Counted(1.0))
    }

    fn begin(fault: &'static str, at: &'static str, effect: Effect) -> Self {
        Self {
            fault,
            at,
            began: Instant::now(),
            effect,
            context: Context::current(),
        }
    }

    /// Says how many.
    pub fn count(&mut self, count: usize) {
        self.measure(count as f64);
    }

    /// Says how much, in the fault's unit.
    pub fn measure(&mut self, amount: f64) {
        self.effect = Effect::Counted(amount);
    }
}

/// Times the parts of something, to tell what it costs to do them one after another.
#[derive(Debug, Default)]
pub struct Laps(Mutex<Vec<Duration>>);

impl Laps {
    /// Awaits a part.
    pub async fn time<F: Future>(&self, part: F) -> F::Output {
        let began = Instant::now();
        let output = part.await;
        let mut laps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        laps.push(began.elapsed());
        output
    }

    /// How much longer all parts in a row took than the longest of them, in milliseconds.
    #[must_use]
    pub fn lost_ms(&self) -> f64 {
        let laps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: Duration = laps.iter().sum();
        let longest = laps.iter().max().copied().unwrap_or_default();
        (all - longest).as_secs_f64() * 1000.0
    }
}

impl Drop for Strike {
    fn drop(&mut self) {
        let effect = match self.effect {
            Effect::Elapsed => self.began.elapsed().as_secs_f64() * 1000.0,
            Effect::Counted(count) => count,
        };
        let span_id = self.context.span().span_context().span_id();
        // A future that is dropped half way is dropped outside its context.
        let _attached = self.context.clone().attach();
        crate::referee::applied(self.fault, self.at, Role::Culprit, effect, &[span_id]);
    }
}
