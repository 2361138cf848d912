//! `clock-skew`: one service's clock is off.

use super::{Databases, Effect, Fault, Parameter, ParameterKind, Places, Scope, ShownBy, Witness};
use crate::routes::SERVICES;

/// The catalogue's entry.
pub static CLOCK_SKEW: Fault = Fault {
    name: "clock-skew",
    family: "telemetry",
    summary: "A service whose clock is off, so that its spans lie before or after those that called them.",
    mechanism: "Every span of the service is stamped by a clock that is ahead or behind by the offset, and drifts if asked to. As in an SDK that reads \
        the wall clock when a span starts and a steady one from then on, each span is as long as it really was. It happens on machines \
        whose time service has died, in virtual machines that were paused, and wherever two clocks are compared as if they were one.",
    signature: "Children that begin before their parents, or end after them: the service's server spans lie outside of the client spans that called \
        them, all shifted by the same amount and in the same direction, while everything within the service fits together. Durations are \
        right. Metrics show nothing, since each is measured on one machine.",
    shown_by: ShownBy {
        metrics: Witness::hides("Durations are measured on one clock, and are right."),
        traces: Witness::shows("Two clocks stand beside each other: a child begins before its parent."),
    },
    confused_with: "network-latency: there the client span is longer than usual, and the server span lies inside it. Work that goes on after the answer: \
        then the server span ends late but begins in time. Asynchronous children, such as those of a queue, may begin after their \
        parent's end by right; they are linked, or of another kind.",
    fix: "Run a time service on every machine and alert on its offset. When reading: judge a service's spans against one another, and estimate the \
        offset from the client and server spans of many calls (half the difference of the gaps on both sides), as trace viewers do that \
        adjust for skew.",
    scope: Scope::Window,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "spans",
        unit: "",
    },
    places: Places::Services(&SERVICES),
    parameters: &[
        Parameter {
            name: "offset",
            kind: ParameterKind::Duration {
                min_ms: 1,
                max_ms: 3_600_000,
            },
            default: "500ms",
            summary: "how far the clock is off",
        },
        Parameter {
            name: "direction",
            kind: ParameterKind::OneOf(&["ahead", "behind"]),
            default: "ahead",
            summary: "to which side",
        },
        Parameter {
            name: "drift",
            kind: ParameterKind::Duration {
                min_ms: 0,
                max_ms: 1_000,
            },
            default: "0ms",
            summary: "how much further it goes off each second",
        },
    ],
    scenario: "clock-skew",
};
