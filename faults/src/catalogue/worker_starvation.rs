//! `worker-starvation`: quick work that queues behind slow work.

use super::{Databases, Effect, Fault, Parameter, ParameterKind, Places, Scope, ShownBy, Witness};

/// The catalogue's entry.
pub static WORKER_STARVATION: Fault = Fault {
    name: "worker-starvation",
    family: "calls",
    summary: "A few workers for all requests of a service, held by slow ones, so that quick ones queue behind them.",
    mechanism: "While it is set, a request needs one of so many `workers` before it is begun, and has it until it is answered, also while \
        it only waits for somebody else. Those that take long (a checkout waits for its payment) soon have all of them, and whoever \
        comes next queues, however little it wants. A thread pool of a web server, `--workers 2` of an application server, or a \
        semaphore around a handler is that limit; it was measured with requests that all took the same time. The healthy \
        service takes what comes, up to a number that it refuses beyond.",
    signature: "A span `worker queue` at the beginning of server spans, on requests of every kind, before anything was done; the rest of \
        the trace is as fast as ever. At any moment as many requests are worked on as there are workers: put traces under one \
        another, and each queue ends when some other request is answered. In metrics: requests in progress stand at a limit, \
        latency rises for all routes alike, and the processor, the database and all callees are idle.",
    shown_by: ShownBy {
        metrics: Witness::shows("Requests in progress stand at a limit, and all routes are slow alike."),
        traces: Witness::shows("A span for the wait, which ends when some other request is answered."),
    },
    confused_with: "pool-exhaustion: the wait is in `pool acquire`, and only who needs the database has it. blocked-runtime: the processor \
        is busy, and the wait is in no span. hang: nobody gets through. A slow callee: then the time is in the client span of \
        those who call it, and nobody else is slower. Overload: then the quick requests alone would fill the workers.",
    fix: "Keep slow work apart from quick work: a pool of workers for each (a bulkhead), or a queue of its own. Hold no worker \
        while waiting for others. Bound the queue and refuse what cannot be begun in time, and measure how long requests queue.",
    scope: Scope::Window,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "queue-wait",
        unit: "ms",
    },
    places: Places::Services(&["gateway", "catalog"]),
    parameters: &[Parameter {
        name: "workers",
        kind: ParameterKind::Count { min: 1, max: 64 },
        default: "2",
        summary: "how many requests are worked on at once",
    }],
    scenario: "worker-starvation",
};
