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
    fault: &'static str,
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

    fn begin(&self, fault: &'static str, products: &[i64]) -> Arc<Hold> {
        let hold = Arc::new(Hold {
            fault,
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

    /// Why somebody held, between `from` and now, a lock that a reservation of these products had to wait for, if anybody did: in
    /// SQLite the file's, whatever the products; in PostgreSQL the rows'.
    fn overlapped(&self, from: Instant, products: &[i64]) -> Option<&'static str> {
        let held = lock(&self.held);
        let hold = held.iter().find(|hold| {
            let ended_before = lock(&hold.until).is_some_and(|until| until < from);
            let same_lock = match self.system {
                System::Sqlite => true,
                System::Postgres => products.iter().any(|product| hold.products.contains(product)),
            };
            same_lock && !ended_before
        });
        hold.map(|hold| hold.fault)
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
    /// Likewise, for the sake of another fault, of which somebody else tells the referee.
    Holder(&'static str, Option<Arc<Hold>>),
    /// May have to wait for one who does, and for the sake of which fault that was.
    Bystander(Duration, Vec<SpanId>, &'static str),
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

    /// Of a request that will hold the lock across its payment, for the sake of that fault. Whoever applies it tells of it.
    #[must_use]
    pub fn of_holder(holders: Arc<Holders>, products: Vec<i64>, fault: &'static str) -> Self {
        Self {
            holders,
            products,
            context: Context::current(),
            part: Mutex::new(Part::Holder(fault, None)),
        }
    }

    /// Of any other.
    #[must_use]
    pub fn of_bystander(holders: Arc<Holders>, products: Vec<i64>) -> Self {
        let part = Mutex::new(Part::Bystander(Duration::ZERO, Vec::new(), LOCK_CONTENTION.name));
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
        if let Part::Bystander(total, spans, because) = &mut *lock(&self.part)
            && waited > NOTABLE_WAIT
            && let Some(fault) = self.holders.overlapped(asked, &self.products)
        {
            *because = fault;
            *total += waited;
            spans.push(span);
        }
    }

    /// The request has the lock from now on; it took it in that span.
    pub fn acquired(&self, span: SpanId) {
        match &mut *lock(&self.part) {
            Part::Culprit(hold @ None) => {
                let begun = self.holders.begin(LOCK_CONTENTION.name, &self.products);
                *hold = Some((begun, vec![span]));
            }
            Part::Holder(fault, hold @ None) => *hold = Some(self.holders.begin(fault, &self.products)),
            Part::Culprit(Some(_)) | Part::Holder(_, Some(_)) | Part::Bystander(..) => {}
        }
    }

    /// The request has given the lock back.
    pub fn released(&self) {
        if let Part::Culprit(Some((hold, _))) | Part::Holder(_, Some(hold)) = &*lock(&self.part) {
            hold.end();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _attached = self.context.clone().attach();
        let tell = |fault, role, time: Duration, spans: &[SpanId]| {
            referee::applied(fault, OPERATION, role, time.as_secs_f64() * 1000.0, spans);
        };
        match self.part.get_mut().unwrap_or_else(PoisonError::into_inner) {
            Part::Culprit(Some((hold, spans))) => {
                let until = *lock(&hold.until);
                let held = until.map_or_else(|| hold.end(), |until| until - hold.from);
                tell(LOCK_CONTENTION.name, Role::Culprit, held, spans);
            }
            Part::Holder(_, Some(hold)) if lock(&hold.until).is_none() => drop(hold.end()),
            Part::Bystander(waited, spans, because) if !spans.is_empty() => {
                tell(*because, Role::Bystander, *waited, spans);
            }
            Part::Culprit(None) | Part::Holder(..) | Part::Bystander(..) => {}
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
            assert_eq!(holders.overlapped(before, &[1]), None);
            let hold = holders.begin("deadlock", &[1, 2]);
            assert_eq!(holders.overlapped(before, &[2]), Some("deadlock"));
            assert_eq!(holders.overlapped(before, &[3]).is_some(), other_product);
            hold.end();
            assert_eq!(holders.overlapped(before, &[2]), Some("deadlock"));
            let later = Instant::now() + Duration::from_nanos(1);
            assert_eq!(holders.overlapped(later, &[2]), None);
        }
    }
}
