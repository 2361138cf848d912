//! `failing-dependency`: a service that answers with errors.

use super::{Databases, Effect, Fault, Operation, Places, Scope, ShownBy, Source, Witness};

/// The catalogue's entry.
pub static FAILING_DEPENDENCY: Fault = Fault {
    name: "failing-dependency",
    family: "errors",
    summary: "A service that answers some requests with an error of its own, and takes everybody who needs it down with it.",
    mechanism: "The faulty twin of the users service was rolled out before the migration that brings a column it asks for: the \
        database refuses the statement, and the service answers 500. That of the payment provider writes its ledger to a disk \
        that is full, and answers 503. Neither is in the shop's hands, and neither depends on what was asked: part of the \
        fleet is broken, and whose request it gets is a matter of luck. What the shop makes of it is in its hands: here the \
        caller can only pass the failure on.",
    signature: "A span with an error at the bottom (a database span, or the client span of the call to the provider), and errors on \
        every span above it up to the root, each saying that the one below failed. The trace ends early: what would have come \
        after is missing, so that failed requests are often faster than others. In metrics: the error rate of the service and \
        of its callers, in step; latency may even go down.",
    shown_by: ShownBy {
        metrics: Witness::shows("Which services' errors rise in step; not which of them began."),
        traces: Witness::shows("The deepest span with an error is where it began."),
    },
    confused_with: "missing-timeout and overload: errors too, but they come late, after the time has passed, and with `timeout` as their \
        type. retry-storm: the same error several times in one trace. swallowed-error: the error span is there, and no span \
        above it knows. Who is to blame is the deepest span with an error, not the one that the user sees.",
    fix: "Roll migrations out before the code that needs them, and code in steps; watch the error rate of the new version alone \
        (a canary). In the caller: decide what the page is without this part, and say so in the answer, retry once with a \
        budget where it is safe, and stop asking (a circuit breaker) where it is not.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "errors",
        unit: "",
    },
    places: Places::Operations(&[
        Operation {
            name: "users.list-users",
            part: "the statement",
            healthy: source!("services/users/src/routes/list_users/healthy.rs"),
            faulty: source!("services/users/src/routes/list_users/failing_dependency.rs"),
        },
        Operation {
            name: "users.find-session",
            part: "how a session is found",
            healthy: source!("services/users/src/routes/find_session/healthy.rs"),
            faulty: source!("services/users/src/routes/find_session/failing_dependency.rs"),
        },
        Operation {
            name: "payments.pay",
            part: "the ledger",
            healthy: source!("services/payments/src/remember/healthy.rs"),
            faulty: source!("services/payments/src/remember/failing_dependency.rs"),
        },
    ]),
    parameters: &[],
    scenario: "failing-dependency",
};
