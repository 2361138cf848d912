//! `exploding-span-names`: ids in the names of spans.

use super::{Databases, Effect, Fault, Places, Scope, ShownBy, Witness};
use crate::routes::SERVICES;

/// The catalogue's entry.
pub static EXPLODING_SPAN_NAMES: Fault = Fault {
    name: "exploding-span-names",
    family: "telemetry",
    summary: "Spans that are named after what was asked for instead of after the route, so that every request has a name of its own.",
    mechanism: "The names of the struck service's server and client spans hold the path and the query as they were sent, with their ids, instead of the route's \
        template. It is the name that comes to mind first when a span is written by hand, and what an instrumentation does that does not \
        know the router.",
    signature: "As many span names as there are ids: whatever groups by name (the list of operations, latency by operation, a metric made of spans) falls apart \
        into groups of one, and the store's index grows with the traffic. A single trace looks better than before, which is why it is \
        merged. No request is slower.",
    shown_by: ShownBy {
        metrics: Witness::shows("Operations, and metrics made of spans, fall apart into groups of one."),
        traces: Witness::shows("A name with an id in it; the trace itself looks fine."),
    },
    confused_with: "A scan by a robot that asks for everything: then `http.route` differs as well, or the answers are 404. Many real routes: their names \
        have no digits that change from request to request.",
    fix: "Name spans by the route's template (`GET /orders/{id}`) and put what differs into attributes (`url.path`, `url.full`). A test that sends two \
        ids and counts the names keeps it so; a collector can rewrite names until the fix is out.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "spans",
        unit: "",
    },
    places: Places::Services(&SERVICES),
    parameters: &[],
    scenario: "exploding-span-names",
};
