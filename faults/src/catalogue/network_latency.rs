//! `network-latency`: bytes that are held on their way.

use super::{Databases, Effect, Fault, Parameter, ParameterKind, Places, Scope, ShownBy, Witness};

/// The longest delay, and the longest jitter.
const MAX_MS: u64 = 10_000;

/// The catalogue's entry.
pub static NETWORK_LATENCY: Fault = Fault {
    name: "network-latency",
    family: "network",
    summary: "A hop on which the bytes of a request, of its answer, or of both arrive late.",
    mechanism: "The wire, the proxy that every hop crosses, holds the bytes of the picked request (or of its answer) for the delay, plus or \
        minus a jitter drawn from the seed, before it passes them on. Nobody writes this bug; it happens: a service is moved \
        to another region, a link is congested, a proxy queues. What people do write is code that makes it worse, such as ten \
        calls in a row where one would do.",
    signature: "A gap between two spans that belong together: the caller's client span is long, the callee's server span inside it is short, and the \
        time is in neither process. With `direction: request` the gap is before the server span, with `response` after it, with `both` \
        on both sides. Every span of the callee is as fast as ever.",
    shown_by: ShownBy {
        metrics: Witness::hides(
            "The callee is as fast as ever, and the caller only slow: nobody measures what is between them.",
        ),
        traces: Witness::shows("The time is in the gap between a client span and the server span inside it."),
    },
    confused_with: "A slow callee: then the server span is long too. A queue before the callee (a saturated worker pool): the gap looks the same, but \
        it comes with load and is only ever before the server span. Clock skew: the server span lies outside the client span or is shifted \
        in it, but the client span is no longer than usual. A caller that is slow to read the answer: then the gap shrinks when the \
        caller is idle.",
    fix: "Cross the hop less often: batch, cache, fan out in parallel instead of in sequence, keep parties that talk much close together. Give \
        every call a deadline, so that a slow hop costs an answer and not a thread.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "delay",
        unit: "ms",
    },
    places: Places::Edges,
    parameters: &[
        Parameter {
            name: "delay",
            kind: ParameterKind::Duration {
                min_ms: 0,
                max_ms: MAX_MS,
            },
            default: "80ms",
            summary: "how long the bytes are held",
        },
        Parameter {
            name: "jitter",
            kind: ParameterKind::Duration {
                min_ms: 0,
                max_ms: MAX_MS,
            },
            default: "0ms",
            summary: "how far the delay may be off, uniformly to either side",
        },
        Parameter {
            name: "direction",
            kind: ParameterKind::OneOf(&["request", "response", "both"]),
            default: "response",
            summary: "which bytes are held",
        },
    ],
    scenario: "network-latency",
};
