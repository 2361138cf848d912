//! `broken-propagation`: the trace context is not sent along.

use super::{Databases, Effect, Fault, Places, Scope, ShownBy, Witness};

/// The catalogue's entry.
pub static BROKEN_PROPAGATION: Fault = Fault {
    name: "broken-propagation",
    family: "telemetry",
    summary: "A service that does not send the trace context along, so that whoever it calls begins a trace of its own.",
    mechanism: "Calls of the struck service leave without `traceparent` (or whatever the propagators write), and messages are stored without \
        it. It happens where a client is made by hand instead of by the instrumented factory, where a proxy or a gateway lets \
        known headers through only, where two sides speak different formats, and nearly always at a queue, since nobody thinks of \
        the context as part of the message.",
    signature: "The trace ends at the service: its client spans have no children although their time is that of a whole call, and somewhere \
        else, at the same moments, there are traces that begin with a server span of the callee, which is nobody's child. No request is \
        slower. Metrics show nothing: the callee's request rate and errors are as ever.",
    shown_by: ShownBy {
        metrics: Witness::hides("Rates, errors and latencies are right, and as ever."),
        traces: Witness::shows("Traces end at the service, and others begin in the middle."),
    },
    confused_with: "head-sampling at the callee: there its spans are missing altogether, here they exist in traces of their own. dropped-spans: \
        spans are missing here and there, and the children of a missing one name it as their parent; here nobody names it. A callee that \
        is not instrumented: it never has spans in any trace.",
    fix: "Let one instrumented client make every call, check that both sides agree on the propagators (`OTEL_PROPAGATORS`), let proxies pass \
        `traceparent`, `tracestate` and `baggage`, and store the context with each message. A test that makes one request through all \
        services and counts the roots of what arrives keeps it so.",
    scope: Scope::Window,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "spans",
        unit: "",
    },
    places: Places::Services(&["gateway", "catalog", "orders", "fulfilment"]),
    parameters: &[],
    scenario: "broken-propagation",
};
