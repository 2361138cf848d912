//! `slow-start`: a service that comes up late.

use super::{Databases, Effect, Fault, Parameter, ParameterKind, Places, Scope, ShownBy, Witness};

/// The catalogue's entry.
pub static SLOW_START: Fault = Fault {
    name: "slow-start",
    family: "process",
    summary: "A service that is started again and does a lot of work before it answers the first request.",
    mechanism: "When the fault is set, the process ends in peace (it finishes what it has, and sends all telemetry) and starts itself anew, \
        as a deploy does. The new one loads as many `rows` as it is told before it takes a request, one query after another, so \
        that later ones find them in memory. Its socket listens all along: whoever connects meanwhile waits in the kernel's \
        queue. People write it as a cache that is filled at start, as migrations in `main`, or as a framework that scans its \
        classes; on a laptop with ten rows nobody sees it. A crash that is followed by this takes far longer than the crash.",
    signature: "At one moment, client spans towards the service that are long, and a server span at the end of each that is as short as ever: \
        the wait is before it, in nobody's span. All of them end at the same moment, when the service is there. There is a new \
        `service.instance.id`, and a trace of its own, `warm up`, with thousands of equal queries in a row, which ends just \
        then. Calls that wait for longer than their caller would end in a timeout. In metrics: no data of that service for a \
        while, then counters that begin at zero, and the database busy for one client.",
    shown_by: ShownBy {
        metrics: Witness::shows("A gap, and counters that begin at zero again."),
        traces: Witness::shows(
            "Client spans wait for server spans that are short, and a trace `warm up` says why.",
        ),
    },
    confused_with: "hang: the server spans are there and long, and the instance is the same. crash: calls fail at once, and nothing warms \
        up. A slow network: long client spans with short server spans too, but not only at one moment, nor with another \
        instance afterwards. cold-start: one call of one function, not everybody's. lock-contention at a deploy's migration: \
        the wait is in database spans.",
    fix: "Answer first and load later, or load what is asked for when it is asked for. Load many rows with one query. Let a \
        readiness probe keep traffic away until it is warm, and start the new instance before the old one goes. Measure the \
        time to the first answer in every build.",
    scope: Scope::Window,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "waited",
        unit: "ms",
    },
    places: Places::Services(&["users", "catalog", "orders"]),
    parameters: &[Parameter {
        name: "rows",
        kind: ParameterKind::Count { min: 1, max: 100_000 },
        default: "5000",
        summary: "how many rows are loaded before the first answer",
    }],
    scenario: "slow-start",
};
