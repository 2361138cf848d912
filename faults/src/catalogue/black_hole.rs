//! `black-hole`: a request that is taken and never answered.

use super::{Databases, Effect, Fault, Places, Scope, ShownBy, Witness};

/// The catalogue's entry.
pub static BLACK_HOLE: Fault = Fault {
    name: "black-hole",
    family: "network",
    summary: "A hop that takes a request and passes nothing on: no answer, no error, until the caller gives up.",
    mechanism: "The wire reads the picked request, keeps its connection open, and passes on nothing of it; the callee never hears of it. It ends when the \
        caller closes the connection. A request that is tried again gets through. On a connection to a database everything that is \
        sent disappears, and when the fault is over the connections that lost something are reset, as they would be when a route comes back. \
        Firewalls that drop instead of refusing do this, hosts that are gone without a word, half-open connections after a failover. What \
        people write is a call without a deadline, or with one that is far too long.",
    signature: "A client span with an error (`error.type` is `timeout`) that is exactly as long as the caller's deadline, and nothing below it: the callee has \
        no span. Durations pile up at one value. In metrics the caller's timeouts rise and the callee's requests fall.",
    shown_by: ShownBy {
        metrics: Witness::shows("The caller's timeouts rise, and the callee's requests fall."),
        traces: Witness::shows("A call as long as its deadline, with nothing below it."),
    },
    confused_with: "A slow or hanging callee: its server span is there, though it may come late. Lost spans or broken propagation: the server span is missing too, \
        but the client span is short and has no error. A reset: an error at once instead of after the deadline. A callee that refuses \
        connections: `error.type` is `connect`, at once.",
    fix: "Give every call a deadline near what it usually takes, and pass on what is left of it. Try idempotent calls again on another connection. Break \
        the circuit to a callee that does not answer; let the kernel notice dead peers (TCP keep-alive and user timeout).",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "waited",
        unit: "ms",
    },
    places: Places::Edges,
    parameters: &[],
    scenario: "black-hole",
};
