//! `loss`: segments that have to be sent again.

use super::{Databases, Effect, Fault, Parameter, ParameterKind, Places, Scope, ShownBy, Witness};

/// The catalogue's entry.
pub static LOSS: Fault = Fault {
    name: "loss",
    family: "network",
    summary: "A hop that loses segments: most requests are untouched, and some stall until TCP has sent theirs again.",
    mechanism: "The wire cuts the bytes into segments of 1,460 and draws from the seed which of them are lost. A lost one is held for the sender's \
        retransmission timeout, and for twice as long each time it is lost again (five times at most), and everything behind it waits, since \
        TCP delivers in order. That is what loss does to short answers: nothing follows them whose acknowledgement would betray the \
        gap, so that only the timer does. It happens on radio links, at full queues, with a bad cable or a wrong duplex setting. Nobody writes it.",
    signature: "The median is as ever, and the tail jumps: gaps inside client spans of 200 ms, 600 ms, 1.4 s, on the way there or on the way back, whatever \
        the callee does. Large answers are hit more often, since they have more segments. In metrics the 99th percentile rises and the \
        median does not; on the machine the retransmissions are counted (`nstat`).",
    shown_by: ShownBy {
        metrics: Witness::shows("The tail of the latency jumps, and its median does not."),
        traces: Witness::shows("The stall stands where it happened, inside one client span."),
    },
    confused_with: "Latency: every request has it. Bandwidth: no steps, and in a line with the size. Garbage collection or a lock: stalls too, but \
        inside the callee's span and for everybody at the same time. A retry by the caller: then there are two client spans.",
    fix: "Mend the link. Until then: hedge what is idempotent (ask a second time when the first is later than nearly all are), keep answers small, keep \
        parties that talk much close together.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "held",
        unit: "ms",
    },
    places: Places::Edges,
    parameters: &[
        Parameter {
            name: "probability",
            kind: ParameterKind::Share { min: 0.001, max: 0.9 },
            default: "0.15",
            summary: "how likely a segment is lost, each time it is sent",
        },
        Parameter {
            name: "timeout",
            kind: ParameterKind::Duration {
                min_ms: 10,
                max_ms: 3_000,
            },
            default: "200ms",
            summary: "how long the sender waits before it sends a segment again; twice as long each further time",
        },
        Parameter {
            name: "direction",
            kind: ParameterKind::OneOf(&["request", "response", "both"]),
            default: "both",
            summary: "which segments can be lost",
        },
    ],
    scenario: "loss",
};
