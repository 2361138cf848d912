//! `mutex-across-io`: a lock in the process that is held over a call.

use super::{Databases, Effect, Fault, Operation, Places, Scope, ShownBy, Source, Witness};

/// The catalogue's entry.
pub static MUTEX_ACROSS_IO: Fault = Fault {
    name: "mutex-across-io",
    family: "runtime",
    summary: "A lock in the service that is held while a call is under way, so that all who need it queue for it.",
    mechanism: "The client of the payment provider is behind an async mutex. The healthy twin takes a copy of the client from behind \
        it and gives the lock back before it calls. The faulty twin keeps the guard for as long as the call takes: one payment \
        at a time, whatever the number of cores and connections. A single line makes the difference, and often only the end of \
        a scope. An async mutex invites it: it may be held across `await`, and the compiler has nothing to say.",
    signature: "A gap: between the end of one span and the beginning of the call there is nothing, and it gets longer with the load. \
        The call itself is as fast as ever. Put the traces under one another and the calls of different requests never \
        overlap: each begins when another has ended. In metrics the throughput has a ceiling of one divided by the call's \
        time, and processor and connections are idle.",
    shown_by: ShownBy {
        metrics: Witness::hides("The throughput has a ceiling, and processor and connections are idle."),
        traces: Witness::shows(
            "The calls of different traces never overlap, and before each there is a gap.",
        ),
    },
    confused_with: "lock-contention: the wait is in a database span and shows there. Pool exhaustion: the wait is in `pool acquire`, and \
        as many calls as the pool has connections overlap. blocked-runtime: gaps too, but in everything the service does, and \
        the processor is busy. A rate limit at the provider: then the call itself takes long.",
    fix: "Take out what is needed, give the lock back, then call (clone a handle, or send the work to a task that owns the \
        thing). Use a lock that cannot be held across `await`, and the lint that says so (`await_holding_lock`). If calls must \
        be limited, use a semaphore with a number, and write a span for the wait.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "lock-wait",
        unit: "ms",
    },
    places: Places::Operations(&[
        Operation {
            name: "orders.pay",
            part: "how a payment is asked for",
            healthy: source!("services/orders/src/checkout/pay/healthy.rs"),
            faulty: source!("services/orders/src/checkout/pay/mutex_across_io.rs"),
        },
        Operation {
            name: "users.find-session",
            part: "how a session is found",
            healthy: source!("services/users/src/routes/find_session/healthy.rs"),
            faulty: source!("services/users/src/routes/find_session/mutex_across_io.rs"),
        },
        Operation {
            name: "catalog.prices",
            part: "how prices are kept",
            healthy: source!("services/catalog/src/routes/prices/healthy.rs"),
            faulty: source!("services/catalog/src/routes/prices/mutex_across_io.rs"),
        },
    ]),
    parameters: &[],
    scenario: "mutex-across-io",
};
