//! `late-spans`: spans that are held back.

use super::{Databases, Effect, Fault, Parameter, ParameterKind, Places, Scope, ShownBy, Witness};
use crate::routes::SERVICES;

/// The catalogue's entry.
pub static LATE_SPANS: Fault = Fault {
    name: "late-spans",
    family: "telemetry",
    summary: "An exporter that holds its spans back, so that they arrive long after the rest of their traces.",
    mechanism: "The struck service gathers spans for the delay before it sends them, in one large batch. It happens with a schedule delay that \
        was raised to save requests, with functions that are frozen between two calls and send when they wake, and behind collectors \
        that retry for minutes.",
    signature: "A trace that is looked at now has holes, and the same trace is whole a while later. All spans of one service arrive together; their times \
        are right. Whatever decides when a trace seems complete (tail sampling, an alert, a test that asks at once) decides without them.",
    shown_by: ShownBy {
        metrics: Witness::hides("Metrics are on time."),
        traces: Witness::shows("A trace that is looked at too early has holes, which fill later."),
    },
    confused_with: "dropped-spans: the holes never fill. clock-skew: the spans are there in time and say the wrong time. Backpressure in the \
        backend: then every service's spans are late.",
    fix: "Send every second or so, flush before a function is frozen, and let whatever waits for traces to be complete wait longer than the slowest \
        exporter. Measure it: the time of arrival minus the time of the span's end.",
    scope: Scope::Window,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "spans",
        unit: "",
    },
    places: Places::Services(&SERVICES),
    parameters: &[Parameter {
        name: "delay",
        kind: ParameterKind::Duration {
            min_ms: 100,
            max_ms: 60_000,
        },
        default: "2s",
        summary: "how long spans are held back",
    }],
    scenario: "late-spans",
};
