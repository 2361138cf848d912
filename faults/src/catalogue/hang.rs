//! `hang`: a process that is there and does not answer.

use super::{Databases, Effect, Fault, Places, Scope, ShownBy, Witness};
use crate::routes::SERVICES;

/// The catalogue's entry.
pub static HANG: Fault = Fault {
    name: "hang",
    family: "process",
    summary: "A service that accepts requests and does not answer them, while its health check says that all is well.",
    mechanism: "Every request waits for a lock that whoever has it does not give back. The process lives, it accepts connections, its probes answer; \
        only work does not go on. It is what a deadlock looks like from outside, or a lock held across a call that never returns. Callers \
        wait for as long as they are willing to.",
    signature: "Client spans towards the service that last exactly as long as the caller's timeout and fail with it, one like the other. The service's own \
        server spans end only when the lock is given back, all at that one moment: a comb of spans with different starts and one end. \
        Nothing happens inside of them. The number of requests in progress rises, throughput falls to nothing, and the processor is idle.",
    shown_by: ShownBy {
        metrics: Witness::shows("Requests come to nothing, and the processor is idle."),
        traces: Witness::shows(
            "Client spans last as long as the timeout, and the server spans all end at once.",
        ),
    },
    confused_with: "crash: calls fail at once. A black hole on the network: the server spans are missing, since the requests never came. slow-query or \
        lock-contention: the time is in a database span; here it is in nobody's. Worker starvation: some requests get through.",
    fix: "Give every call a deadline and every lock a bound, never hold a lock across a call, take locks in one order. Let the liveness probe do a piece of \
        real work, so that a process that hangs is restarted, and let callers break the circuit instead of queueing up.",
    scope: Scope::Window,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "waited",
        unit: "ms",
    },
    places: Places::Services(&SERVICES),
    parameters: &[],
    scenario: "hang",
};
