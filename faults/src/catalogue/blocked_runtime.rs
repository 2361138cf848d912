//! `blocked-runtime`: work on a thread that others are waiting for.

use super::{Databases, Effect, Fault, Operation, Places, Scope, ShownBy, Source, Witness};

/// An operation that takes processor time.
macro_rules! place {
    ($name:literal) => {
        Operation {
            name: $name,
            part: "where the work is done",
            healthy: source!("services/chassis/src/threads/healthy.rs"),
            faulty: source!("services/chassis/src/threads/blocked_runtime.rs"),
        }
    };
}

/// The catalogue's entry.
pub static BLOCKED_RUNTIME: Fault = Fault {
    name: "blocked-runtime",
    family: "runtime",
    summary: "Work that takes processor time on a thread of the async runtime, so that every other request on it waits.",
    mechanism: "A session's token is hashed, a report counts pairs, what a search found is ranked, for as long as that takes. The \
        healthy twin does it on a thread of its own (`spawn_blocking`, a worker pool). The faulty twin does it where it is, in \
        an async handler: until it is done, that thread of the runtime polls nothing else: no request, no timer, no answer that \
        has long arrived. Nobody notices in a test with one request. Password hashes, big JSON, compression, regular \
        expressions and blocking file or database calls do the same.",
    signature: "Two kinds of trace. The culprit has a long internal span without children, and nothing about it is strange. Its \
        victims have gaps or long spans everywhere at that moment: queries that took a millisecond take fifty, in step with \
        one another, because their answers lie there unread. They all end when the culprit's span ends. In metrics: latency of \
        everything in this process, one core at its limit, the database idle.",
    shown_by: ShownBy {
        metrics: Witness::shows(
            "Every route of one process is slow at once, with one core at its limit (`process.cpu.time`).",
        ),
        traces: Witness::shows("One long span, and victims in other traces that all end with it."),
    },
    confused_with: "quadratic-algorithm: the same culprit, without victims; run together they are worst. lock-contention: victims wait for \
        one thing, here they wait in all of them. A slow database: then other services see it too. Garbage collection: \
        likewise stalls everything, but no span covers the stall.",
    fix: "Move work that takes more than a millisecond or so off the runtime: `spawn_blocking`, a thread pool with a bounded \
        queue, another process. Break up what cannot be moved and yield in between. Measure the time from being woken to being \
        run.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "stall",
        unit: "ms",
    },
    places: Places::Operations(&[
        place!("orders.sales-report"),
        place!("catalog.search"),
        place!("users.create-session"),
    ]),
    parameters: &[],
    scenario: "blocked-runtime",
};
