//! `dropped-spans`: an exporter's queue that is too small.

use super::{Databases, Effect, Fault, Parameter, ParameterKind, Places, Scope, ShownBy, Witness};
use crate::routes::SERVICES;

/// The catalogue's entry.
pub static DROPPED_SPANS: Fault = Fault {
    name: "dropped-spans",
    family: "telemetry",
    summary: "An exporter whose queue is too small for the load, so that spans are thrown away before they are sent.",
    mechanism: "Ended spans wait in the exporter's queue until a batch is sent; the struck service's queue takes only a few, and what comes on top is \
        dropped and counted. It happens with default sizes under a load they were not made for, when the collector is slow, and \
        when a service is written to end thousands of spans at once.",
    signature: "Traces with holes: spans whose parent is nowhere, and calls whose server span is missing although its children are there. Which spans are \
        missing follows no rule but load: the busier the moment, the more. The exporter's own counter of dropped spans says it outright; \
        the service's request metrics count requests that no trace shows.",
    shown_by: ShownBy {
        metrics: Witness::shows(
            "The exporter's counter says how many were dropped, and request metrics count what no trace shows.",
        ),
        traces: Witness::shows("Holes: spans whose parent is nowhere."),
    },
    confused_with: "head-sampling: whole traces, or all spans below one service, are missing, at every load alike. broken-propagation: nothing is \
        missing, and nobody names an absent parent. A crash: all spans from one moment to another are missing. late-spans: the holes \
        fill if one waits.",
    fix: "Size the queue and the batch for the peak (`OTEL_BSP_MAX_QUEUE_SIZE`, `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`), send to a collector nearby, and \
        alert on the exporter's count of dropped spans: a trace that has holes is worse than one that was never sampled, since it lies.",
    scope: Scope::Window,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "spans",
        unit: "",
    },
    places: Places::Services(&SERVICES),
    parameters: &[Parameter {
        name: "queue",
        kind: ParameterKind::Count { min: 0, max: 10_000 },
        default: "4",
        summary: "how many spans may wait to be sent",
    }],
    scenario: "dropped-spans",
};
