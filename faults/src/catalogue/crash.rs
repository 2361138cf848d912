//! `crash`: a process that ends by itself.

use super::{Databases, Effect, Fault, Places, Scope, ShownBy, Witness};

/// The catalogue's entry.
pub static CRASH: Fault = Fault {
    name: "crash",
    family: "process",
    summary: "A service whose process ends in the middle of a request, and is started again a while later.",
    mechanism: "The first request that comes once the fault is set ends the process, as a panic does that nothing catches. Its connections break, \
        whoever connects meanwhile is turned away, and when the window is over the process is started again, as an orchestrator would. People \
        write it as an `unwrap` on what a request can reach, as a recursion without a bottom, or as a memory limit that one large \
        answer exceeds.",
    signature: "At one moment several traces end in an error at once: client spans towards the service fail with a broken connection, and have no server \
        span below them, for the spans of the requests that were being served died with the process. Until the restart every call fails \
        quickly. Then there is a new `service.instance.id`. Metrics show a gap, and counters that begin at zero again.",
    shown_by: ShownBy {
        metrics: Witness::shows("A gap, and counters that begin at zero again."),
        traces: Witness::shows("Calls fail at one moment, and their server spans are missing."),
    },
    confused_with: "hang: calls time out instead of failing at once, and the instance is the same afterwards. A network that resets connections: the \
        server spans exist, and only their answers are lost. dropped-spans: the callee's spans are missing too, but nothing fails. A deploy: \
        then requests in progress are ended in peace.",
    fix: "Find the last request that each dying process had taken, for it is often the same one; catch panics at the edge of a request; run more than \
        one instance, let callers retry what is safe to repeat, with a budget, and let the orchestrator restart with a pause that grows.",
    scope: Scope::Window,
    databases: Databases::Both,
    lasting: true,
    effect: Effect {
        name: "latency",
        unit: "ms",
    },
    places: Places::Services(&["users", "catalog", "orders"]),
    parameters: &[],
    scenario: "crash",
};
