//! `cold-start`: the first call of an idle function pays for its start.

use super::{
    Databases, Effect, Fault, Operation, Parameter, ParameterKind, Places, Scope, ShownBy, Source, Witness,
};

/// A function of fulfilment's chain.
macro_rules! function {
    ($name:literal) => {
        Operation {
            name: $name,
            part: "what the function runs on",
            healthy: source!("services/fulfilment/src/instances/healthy.rs"),
            faulty: source!("services/fulfilment/src/instances/cold_start.rs"),
        }
    };
}

/// The catalogue's entry.
pub static COLD_START: Fault = Fault {
    name: "cold-start",
    family: "process",
    summary: "A function whose instances are let go when they are idle, so that the first call after a pause pays for a start.",
    mechanism: "The healthy twin has an instance that is always warm. The faulty twin lets an instance go that nobody has needed for as \
        long as `idle`, and whoever comes next starts another one: its code, a `package` of some size, is read and checked; then \
        there is a client without connections, and a database handle whose connection is opened and on which every statement is \
        the first. In a chain of functions each has instances of its own, and one start comes after another. Paying for no idle \
        time is what functions are bought for; in a test that calls without a pause nothing is ever cold.",
    signature: "A span `function start` before the first statement of a function, on some calls and not on others: those that come after a \
        pause, or while all instances are busy. The statement and the call behind it are slower than usual too, once. In a chain \
        the starts are nested, each inside the span that calls the next. Here it is in the traces of fulfilment, which are linked \
        to the checkouts'; no customer waits for it. In metrics: latency is worst when there is least traffic, and in two humps.",
    shown_by: ShownBy {
        metrics: Witness::hides("A first call among many is a percentile that nobody looks at."),
        traces: Witness::shows("The start has a span of its own."),
    },
    confused_with: "slow-start: a whole service that comes up late, once, for everybody. A slow query: then the statement itself is slow, \
        each time. queue-backlog: the wait is before the function is called. cache-stampede after a pause: queries, many of \
        them. A connection pool that has shrunk: the wait is in `pool acquire`.",
    fix: "Keep an instance warm (provisioned concurrency) where somebody waits for it. Make starting cheap: fewer dependencies, no \
        connection before it is needed, a pooler in front of the database. Merge functions that always call one another. And \
        look at percentiles by whether it was a first call.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "start",
        unit: "ms",
    },
    places: Places::Operations(&[
        function!("fulfilment.reserve"),
        function!("fulfilment.pack"),
        function!("fulfilment.notify"),
    ]),
    parameters: &[
        Parameter {
            name: "idle",
            kind: ParameterKind::Duration {
                min_ms: 0,
                max_ms: 600_000,
            },
            default: "200ms",
            summary: "after which time without an event an instance is let go",
        },
        Parameter {
            name: "package",
            kind: ParameterKind::Size {
                min: 0,
                max: 256 << 20,
            },
            default: "16MiB",
            summary: "how much code an instance loads",
        },
    ],
    scenario: "cold-start",
};
