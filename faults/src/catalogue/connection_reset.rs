//! `connection-reset`: an answer that breaks off.

use super::{Databases, Effect, Fault, Parameter, ParameterKind, Places, Scope, ShownBy, Witness};

/// The catalogue's entry.
pub static CONNECTION_RESET: Fault = Fault {
    name: "connection-reset",
    family: "network",
    summary: "A hop on which an answer breaks off in the middle: the connection is reset, and nobody knows what became of the request.",
    mechanism: "The wire lets some bytes of the answer's body through and then closes both its sockets with a reset (TCP's RST, `SO_LINGER` 0), so that \
        caller and callee read ECONNRESET. A request that is tried again is not reset again. On a connection to a database the connection \
        breaks after so many bytes of answers. It happens when a load balancer or a firewall forgets a connection, when a process is \
        killed, when a proxy is deployed. What people write is a call that is not tried again though it could be, or one that is tried again \
        though it must not be.",
    signature: "A client span with an error (`error.type` is `transport`) whose server span below it ended well, with status 200: the work was done \
        and the answer lost. The error climbs to the root. In metrics the caller counts errors, the callee does not.",
    shown_by: ShownBy {
        metrics: Witness::shows("The caller counts errors, and the callee counts none."),
        traces: Witness::shows("The client span has failed, and the server span inside it has not."),
    },
    confused_with: "A failing callee: then the server span has the error too, and it is the deepest one. A crash: the server span is missing, or all calls \
        fail for a while. A black hole: no server span either, and the client span is as long as its deadline. A timeout: `error.type` is \
        `timeout`, and the span is long; here it is as short as a call that went well.",
    fix: "Try idempotent calls again, a few times and with a pause; give the others an idempotency key, so that they can be tried again too. Let whoever \
        is shut down finish what it has begun.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "resets",
        unit: "",
    },
    places: Places::Edges,
    parameters: &[Parameter {
        name: "after",
        kind: ParameterKind::Size { min: 0, max: 1 << 30 },
        default: "64B",
        summary: "how many bytes of the answer's body get through; never all of them",
    }],
    scenario: "connection-reset",
};
