//! `bandwidth`: a hop that carries few bytes a second.

use super::{Databases, Effect, Fault, Parameter, ParameterKind, Places, Scope, ShownBy, Witness};

/// The catalogue's entry.
pub static BANDWIDTH: Fault = Fault {
    name: "bandwidth",
    family: "network",
    summary: "A hop that carries only so many bytes a second: small answers hardly notice, large ones wait for their own last byte.",
    mechanism: "The wire lets the bytes of the picked request (or of its answer) go on at a rate: a piece of 1,460 bytes, as a segment on an \
        Ethernet, goes on when the line has carried all of it, and what comes meanwhile queues behind it (a token bucket). On a \
        connection to a database each connection is such a line. Nobody writes this bug either: a link is narrow or shared, an instance \
        type has a small network allowance, a proxy throttles. What people write is an answer with everything in it.",
    signature: "A gap inside the client span as with latency, but one that grows with the size of the answer: among requests of the same \
        operation the large ones are slow and the small ones are not, in a straight line whose slope is the rate. The callee's span is as \
        short as ever. In metrics, bytes a second on the hop stand at a ceiling.",
    shown_by: ShownBy {
        metrics: Witness::shows("Bytes a second on the hop stand at a ceiling."),
        traces: Witness::shows("The gap in the client span grows with the size of the answer."),
    },
    confused_with: "Latency: the same gap for every size. An unbounded result: the answer itself has grown, and the callee works longer for it. \
        A slow reader: the callee's span is long too, since it cannot get rid of its bytes. Loss: stalls of 200 ms and their \
        doubles, and most requests are untouched.",
    fix: "Send less: pages instead of everything, only the fields that are used, compression. Then a wider line, or the callee nearer to its caller.",
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
            name: "rate",
            kind: ParameterKind::ByteRate {
                min: 1 << 10,
                max: 1 << 30,
            },
            default: "32KiB/s",
            summary: "how many bytes a second get through",
        },
        Parameter {
            name: "burst",
            kind: ParameterKind::Size { min: 0, max: 1 << 20 },
            default: "0B",
            summary: "how many bytes a line that was quiet lets through at once",
        },
        Parameter {
            name: "direction",
            kind: ParameterKind::OneOf(&["request", "response", "both"]),
            default: "response",
            summary: "which bytes are held",
        },
    ],
    scenario: "bandwidth",
};
