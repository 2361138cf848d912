//! `wrong-kind`: calls that are marked as work of one's own.

use super::{Databases, Effect, Fault, Places, Scope, ShownBy, Witness};
use crate::routes::SERVICES;

/// The catalogue's entry.
pub static WRONG_KIND: Fault = Fault {
    name: "wrong-kind",
    family: "telemetry",
    summary: "Calls and queries that are recorded as internal work, so that nobody can tell waiting from working.",
    mechanism: "Spans around calls to other services and to the database get the kind INTERNAL instead of CLIENT. It is what a span gets that is started \
        with a tracer's plain `start` and no kind, which is how hand-written instrumentation begins.",
    signature: "The trace has the right spans with the right times and names, and no client spans at the struck service: a server span of another service \
        is the child of an internal one. Service maps lose the edge, or draw the database as part of the service, and a sum by kind says \
        that the service is busy when it waits.",
    shown_by: ShownBy {
        metrics: Witness::hides("What a service measures of itself is as ever."),
        traces: Witness::shows(
            "Client spans are missing; whatever is worked out from kinds (service maps, times by kind) is wrong.",
        ),
    },
    confused_with: "Real internal work: that has no server span below it and no `server.address` or `db.system.name` on it. A callee that is not \
        instrumented: there the client span is there, and nothing is below it.",
    fix: "Use the instrumented client and driver, or set the kind where a span leaves the process; check in a test that every span with a remote child, \
        or with `db.system.name`, is a client span.",
    scope: Scope::Window,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "spans",
        unit: "",
    },
    places: Places::Services(&SERVICES),
    parameters: &[],
    scenario: "wrong-kind",
};
