//! Who keeps a connection for longer than its statements take, or crowds for one with others who want the same, and who waits for one
//! meanwhile: the referee is told, so that victims are never taken for culprits. Nothing of this is seen in the traces.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use faults::truth::Role;
use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt, TraceId};

use crate::request::Faults;

/// How many holders are remembered. Nobody waits for so long that more would matter.
const REMEMBERED: usize = 256;

/// The times at which connections were kept, the latest last.
#[derive(Debug, Default)]
pub(super) struct Holders(Mutex<VecDeque<Arc<Hold>>>);

#[derive(Debug)]
struct Hold {
    kind: Kind,
    fault: &'static str,
    at: &'static str,
    trace: TraceId,
    part: Mutex<Part>,
}

/// Why a connection is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is kept across something else. Effects are waits, in milliseconds.
    Holding,
    /// Many do the same at once. Who does tells of it itself; for who waits the effect is how many there were.
    Crowding,
}

#[derive(Debug, Default)]
struct Part {
    until: Option<Instant>,
    /// What the holder has waited for connections itself, and where that can be seen.
    waited: Duration,
    spans: Vec<SpanId>,
}

/// A request that keeps a connection, for as long as this lives.
#[derive(Debug)]
#[must_use = "it ends when it is dropped"]
pub struct Holding {
    hold: Arc<Hold>,
    context: Context,
}

impl Holders {
    pub(super) fn begin(&self, kind: Kind, fault: &'static str, at: &'static str) -> Holding {
        let context = Context::current();
        let hold = Arc::new(Hold {
            kind,
            fault,
            at,
            trace: context.span().span_context().trace_id(),
            part: Mutex::default(),
        });
        let mut held = lock(&self.0);
        held.push_back(hold.clone());
        if held.len() > REMEMBERED {
            held.pop_front();
        }
        Holding { hold, context }
    }

    /// The request that is served here has waited for a connection since then, in that span. Asked only of those who waited.
    pub(super) fn waited(&self, since: Instant, span: SpanId) {
        let waited = since.elapsed();
        let trace = crate::span::current_trace_id();
        let faults = Faults::current();
        let held = lock(&self.0);
        let own = held
            .iter()
            .rev()
            .find(|hold| Some(hold.trace) == trace && faults.find(hold.fault, hold.at).is_some());
        if let Some(own) = own {
            let mut part = lock(&own.part);
            part.waited += waited;
            part.spans.push(span);
            return;
        }
        let overlapped = |hold: &&Arc<Hold>| lock(&hold.part).until.is_none_or(|until| until >= since);
        if let Some(hold) = held.iter().rev().find(overlapped) {
            let effect = match hold.kind {
                Kind::Holding => waited.as_secs_f64() * 1e3,
                Kind::Crowding => {
                    let same = |other: &&Arc<Hold>| (other.fault, other.at) == (hold.fault, hold.at);
                    held.iter().filter(overlapped).filter(same).count() as f64
                }
            };
            crate::referee::applied(hold.fault, hold.at, Role::Bystander, effect, &[span]);
        }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        let mut part = lock(&self.hold.part);
        part.until = Some(Instant::now());
        if self.hold.kind == Kind::Crowding {
            return;
        }
        let mut spans = vec![self.context.span().span_context().span_id()];
        spans.append(&mut part.spans);
        let effect = part.waited.as_secs_f64() * 1e3;
        let _attached = self.context.clone().attach();
        crate::referee::applied(self.hold.fault, self.hold.at, Role::Culprit, effect, &spans);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
