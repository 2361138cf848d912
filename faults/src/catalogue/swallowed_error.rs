//! `swallowed-error`: a failure that is answered as a success.

use super::{Databases, Effect, Fault, Operation, Places, Scope, ShownBy, Source, Witness};

/// The catalogue's entry.
pub static SWALLOWED_ERROR: Fault = Fault {
    name: "swallowed-error",
    family: "errors",
    summary: "An error that is caught and dropped: the answer says 200, and is wrong.",
    mechanism: "The query for the reviews fails: it asks for a column that is not there. The healthy twin would pass the error on. The \
        faulty twin takes an empty list in its place (`unwrap_or_default`, an empty `catch`, `|| []`), so that the page says \
        that nobody has written anything. People write it so that a page never breaks for the sake of a detail, and forget to \
        tell anybody. It can go on for months.",
    signature: "A span with an error under a parent without one: the trail of errors ends half way up. What would have followed is \
        missing (no reviews, so nobody asks for their authors), and the request is faster than others. In metrics nothing is \
        wrong: status 200, latency good. Only the error rate of the statement, if somebody counts it, and the size of the \
        answers show it.",
    shown_by: ShownBy {
        metrics: Witness::hides("The answer is a 200 in good time: nothing is wrong."),
        traces: Witness::shows("A span with an error stands below a parent without one."),
    },
    confused_with: "failing-dependency: the error goes all the way up. A product that has no reviews: the same answer, without the error \
        span. A planned fallback: says in the answer, in the log or on the span that it is one.",
    fix: "Pass errors on, or decide on a fallback in the open: mark it in the answer, count it, log it once, and put it on the \
        span. Search the code for what turns an error into an empty value. A test that breaks the dependency and looks at the \
        answer finds it.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "wrong-answers",
        unit: "",
    },
    places: Places::Operations(&[Operation {
        name: "catalog.product",
        part: "the reviews",
        healthy: source!("services/catalog/src/routes/product/healthy.rs"),
        faulty: source!("services/catalog/src/routes/product/swallowed_error.rs"),
    }]),
    parameters: &[],
    scenario: "swallowed-error",
};
