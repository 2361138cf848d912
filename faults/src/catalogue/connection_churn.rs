//! `connection-churn`: connections that are used once.

use super::{Databases, Effect, Fault, Parameter, ParameterKind, Places, Scope, ShownBy, Witness};

/// The catalogue's entry.
pub static CONNECTION_CHURN: Fault = Fault {
    name: "connection-churn",
    family: "network",
    summary: "A hop that refuses to keep connections: each is closed after its answer, and the next call has to make a new one.",
    mechanism: "When the answer of the picked request is written, the wire closes the connection; the end travels in one segment with the answer's last \
        byte, so that no further call crosses it on its way. Whoever calls next makes a new connection, to the wire and from it to the callee. On \
        one machine that takes no time, so the wire adds what it would take over a distance: nothing that is sent on the new connection gets \
        through before its handshake would be done. Who pays without having been picked is a bystander. It happens when a proxy \
        has keep-alive switched off or a limit of one request a connection. What people write is a client made anew for every call, or a body that \
        is not read to its end, so that its connection cannot be used again. It strikes calls over HTTP alone: a database keeps its \
        connections.",
    signature: "A gap at the start of the client span, before the server span begins, as long as a handshake and the same for every size of request. The \
        callee's span is as short as ever. In metrics and on the machine: as many new connections as calls, and sockets that \
        pile up in TIME_WAIT (`ss -s`), on the side that closes.",
    shown_by: ShownBy {
        metrics: Witness::shows("As many new connections as calls, and sockets in TIME_WAIT that pile up."),
        traces: Witness::shows("A gap before each server span, as long as a handshake."),
    },
    confused_with: "Latency on the way there: the same gap, on connections that live on; count the connections. A queue before the callee: the gap \
        comes and goes with the load. A pool that is exhausted: the caller's own wait, before the client span begins.",
    fix: "Keep connections open and use them again: one client for the process, bodies read to their end, keep-alive on at every proxy on the way, with an idle \
        time that is longer on the callee's side than on the caller's.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "handshake",
        unit: "ms",
    },
    places: Places::Calls,
    parameters: &[Parameter {
        name: "handshake",
        kind: ParameterKind::Duration {
            min_ms: 0,
            max_ms: 1_000,
        },
        default: "30ms",
        summary: "how long making a connection over this hop takes: a round trip for TCP, and one or two more for TLS",
    }],
    scenario: "connection-churn",
};
