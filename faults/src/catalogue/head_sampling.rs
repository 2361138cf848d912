//! `head-sampling`: a sampler that decides for itself.

use super::{Databases, Effect, Fault, Parameter, ParameterKind, Places, Scope, ShownBy, Witness};
use crate::routes::SERVICES;

/// The catalogue's entry.
pub static HEAD_SAMPLING: Fault = Fault {
    name: "head-sampling",
    family: "telemetry",
    summary: "A service that samples by itself instead of as its caller did, so that traces lose everything below it.",
    mechanism: "The struck service's sampler keeps a share of the traces, by their ids, and does not ask whether its caller has recorded them. \
        Whoever it calls does as it says, so that a trace that it leaves out ends there. It happens where a team sets `traceidratio` \
        instead of `parentbased_traceidratio` to save cost. At the gateway it costs whole traces but for the client's own span, which is \
        what honest head sampling looks like; further down it makes holes.",
    signature: "In some traces the caller's client span has nothing below it, in others everything is there; which of the two does not depend on load, \
        route or error, only on the trace's id, and it is the same share at every hour. The service's metrics count all of its requests, \
        its traces only that share.",
    shown_by: ShownBy {
        metrics: Witness::shows(
            "Request metrics count everything, and so say how much is missing from the traces.",
        ),
        traces: Witness::shows(
            "A client span with nothing below it, in some traces and not in others; not how many.",
        ),
    },
    confused_with: "dropped-spans: single spans are missing, and more of them under load. broken-propagation: what is below exists, in other traces. \
        A call that failed before it arrived: then the client span is an error.",
    fix: "Sample where a trace begins, and let everybody else follow (`parentbased_…`), or keep everything and decide at the end, in a collector that \
        has seen the whole trace (tail sampling). Keep the rate with the spans, so that counts can be scaled up.",
    scope: Scope::Window,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "spans",
        unit: "",
    },
    places: Places::Services(&SERVICES),
    parameters: &[Parameter {
        name: "keep",
        kind: ParameterKind::Share { min: 0.0, max: 1.0 },
        default: "0.3",
        summary: "the share of the traces that is kept",
    }],
    scenario: "head-sampling",
};
