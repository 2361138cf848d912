//! `slow-close`: an answer whose end comes late.

use super::{Databases, Effect, Fault, Parameter, ParameterKind, Places, Scope, ShownBy, Witness};

/// The catalogue's entry.
pub static SLOW_CLOSE: Fault = Fault {
    name: "slow-close",
    family: "network",
    summary: "A hop on which an answer ends with its connection, and the connection is closed late: all bytes are there, and the caller waits for more.",
    mechanism: "The wire takes the line with the `content-length` out of the answer's head, so that, as with an old server, only the end of the connection \
        says where the answer ends (RFC 9112, 6.3). It passes on every byte of the body at once, and holds the end (TCP's FIN) back. It happens \
        when a server answers as HTTP/1.0 did and a child process of it still has the socket open, when a proxy keeps the connection for \
        the next request without saying how long the answer was, when whoever closes is busy. It strikes calls over HTTP alone: a database \
        keeps its connections.",
    signature: "A gap at the end of the client span, after the server span has ended, as with latency on the way back; the first byte came in time and only the \
        last event, the end, is late. Who reads an answer's head, or streams its body, is fast; who waits for the whole is not. In metrics \
        connections are open longer than requests take, and none is used twice.",
    shown_by: ShownBy {
        metrics: Witness::hides("Requests of the caller are slow, and the callee's are not."),
        traces: Witness::shows("The gap is at the end of the client span, after the server span."),
    },
    confused_with: "Latency on the way back: the same gap, but the bytes are late as well and the connection lives on; a packet capture shows which, a trace does \
        not, unless the caller's span has an event for the first byte. Bandwidth: the gap grows with the size of the answer. \
        A caller that is slow to read: it is busy meanwhile.",
    fix: "Say how long an answer is (`content-length`, or chunks), so that nobody has to wait for the end of a connection. Close sockets where they are \
        used, and do not let child processes inherit them.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "held",
        unit: "ms",
    },
    places: Places::Calls,
    parameters: &[Parameter {
        name: "hold",
        kind: ParameterKind::Duration {
            min_ms: 1,
            max_ms: 10_000,
        },
        default: "80ms",
        summary: "how long the end of the connection is held back",
    }],
    scenario: "slow-close",
};
