//! Who held the lock on stock across a payment, and who waited for it meanwhile.
//!
//! A request that was not picked for anything may still be slow because another one was. The referee is told of both: of
//! who held the lock and for how long, and of who waited and overlapped with that, so that victims are never taken for
//! culprits. Nothing of this is seen in the traces.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chassis::database::System;
use chassis::referee;
use faults::catalogue::LOCK_CONTENTION;
use faults::truth::Role;
use opentelemetry::Context;
use opentelemetry::trace::SpanId;

/// The operation that takes the lock.
pub const OPERATION: &str = "orders.reserve-stock";

/// A wait that is shorter is no wait: a lock that is free takes that long too.
const NOTABLE_WAIT: Duration = Duration::from_millis(1);

/// How many holders are remembered. Nobody waits for so long that more would matter.
const REMEMBERED: usize = 256;

/// The times at which the lock was held across a payment, the latest last.
#[derive(Debug)]
pub struct Holders {
    system: System,
    held: Mutex<VecDeque<Arc<Hold>>>,
}

#[derive(Debug)]
struct Hold {
    products: Vec<i64>,
    from: Instant,
    until: Mutex<Option<Instant>>,
}

impl Holders {
    /// Nobody has held it yet.
    #[must_use]
    pub fn new(system: System) -> Self {
        Self {
            system,
            held: Mutex::default(),
        }
    }

    fn begin(&self, products: &[i64]) -> Arc<Hold> {
        let hold = Arc::new(Hold {
            products: products.to_vec(),
            from: Instant::now(),
            until: Mutex::new(None),
        });
        let mut held = lock(&self.held);
        held.push_back(hold.clone());
        if held.len() > REMEMBERED {
            held.pop_front();
        }
        hold
    }

    /// Whether somebody held, between `from` and now, a lock that a reservation of these products had to wait for: in SQLite the
    /// file's, whatever the products; in PostgreSQL the rows'.
    fn overlapped(&self, from: Instant, products: &[i64]) -> bool {
        lock(&self.held).iter().any(|hold| {
            let ended_before = lock(&hold.until).is_some_and(|until| until < from);
            let same_lock = match self.system {
                System::Sqlite => true,
                System::Postgres => products.iter().any(|product| hold.products.contains(product)),
            };
            same_lock && !ended_before
        })
    }
}

impl Hold {
    fn end(&self) -> Duration {
        let now = Instant::now();
        *lock(&self.until) = Some(now);
        now - self.from
    }
}

/// Watches one request take the lock, hold it and wait for it, and tells the referee when the request is over, however it
/// ends.
#[derive(Debug)]
pub struct Watch {
    holders: Arc<Holders>,
    products: Vec<i64>,
    context: Context,
    part: Mutex<Part>,
}

#[derive(Debug)]
enum Part {
    /// Holds it across the payment, once it has it.
    Culprit(Option<(Arc<Hold>, Vec<SpanId>)>),
    /// May have to wait for one who does.
    Bystander(Duration, Vec<SpanId>),
}

impl Watch {
    /// Of a request that will hold the lock across its payment.
    #[must_use]
    pub fn of_culprit(holders: Arc<Holders>, products: Vec<i64>) -> Self {
        Self {
            holders,
            products,
            context: Context::current(),
            part: Mutex::new(Part::Culprit(None)),
        }
    }

    /// Of any other.
    #[must_use]
    pub fn of_bystander(holders: Arc<Holders>, products: Vec<i64>) -> Self {
        let part = Mutex::new(Part::Bystander(Duration::ZERO, Vec::new()));
        Self {
            holders,
            products,
            context: Context::current(),
            part,
        }
    }

    /// The request asked for the lock at `asked` and has waited until now, in that span.
    pub fn waited(&self, asked: Instant, span: SpanId) {
        let waited = asked.elapsed();
        if let Part::Bystander(total, spans) = &mut *lock(&self.part)
            && waited > NOTABLE_WAIT
            && self.holders.overlapped(asked, &self.products)
        {
            *total += waited;
            spans.push(span);
        }
    }

    /// The request has the lock from now on; it took it in that span.
    pub fn acquired(&self, span: SpanId) {
        if let Part::Culprit(hold @ None) = &mut *lock(&self.part) {
            *hold = Some((self.holders.begin(&self.products), vec![span]));
        }
    }

    /// The request has given the lock back.
    pub fn released(&self) {
        if let Part::Culprit(Some((hold, _))) = &*lock(&self.part) {
            hold.end();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _attached = self.context.clone().attach();
        let tell = |role, time: Duration, spans: &[SpanId]| {
            referee::applied(
                LOCK_CONTENTION.name,
                OPERATION,
                role,
                time.as_secs_f64() * 1000.0,
                spans,
            );
        };
        match self.part.get_mut().unwrap_or_else(PoisonError::into_inner) {
            Part::Culprit(Some((hold, spans))) => {
                let until = *lock(&hold.until);
                let held = until.map_or_else(|| hold.end(), |until| until - hold.from);
                tell(Role::Culprit, held, spans);
            }
            Part::Bystander(waited, spans) if !spans.is_empty() => tell(Role::Bystander, *waited, spans),
            Part::Culprit(None) | Part::Bystander(..) => {}
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_overlaps_a_holder_of_the_same_lock_waited_for_it() {
        for (system, other_product) in [(System::Sqlite, true), (System::Postgres, false)] {
            let holders = Holders::new(system);
            let before = Instant::now();
            assert!(!holders.overlapped(before, &[1]));
            let hold = holders.begin(&[1, 2]);
            assert!(holders.overlapped(before, &[2]));
            assert_eq!(holders.overlapped(before, &[3]), other_product);
            hold.end();
            assert!(holders.overlapped(before, &[2]));
            assert!(!holders.overlapped(Instant::now() + Duration::from_nanos(1), &[2]));
        }
    }
}
