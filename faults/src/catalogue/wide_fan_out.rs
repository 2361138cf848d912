//! `wide-fan-out`: so many calls at once that the slowest decides.

use super::{
    Databases, Effect, Fault, Operation, Parameter, ParameterKind, Places, Scope, ShownBy, Source, Witness,
};

/// The catalogue's entry.
pub static WIDE_FAN_OUT: Fault = Fault {
    name: "wide-fan-out",
    family: "calls",
    summary: "A page that asks for each of its parts on its own and all at once, so that it is as slow as the slowest of many.",
    mechanism: "The faulty twin asks for the stock of a page of products in `width` calls at the same time, where one would do. It is \
        the loop of n-plus-one-rpc after somebody has read that one should do things in parallel. Each call has a small chance \
        of being slow, and the page waits for all of them: with a chance of p that one is slow, the chance that the page is \
        slow is 1 − (1 − p)^n. One in a hundred becomes one in five at twenty calls (Dean and Barroso, The Tail at Scale, \
        2013). And all of them arrive at the callee in the same moment.",
    signature: "Many client spans of one name that begin together and end one by one, like a comb; the parent ends with the last. The \
        critical path goes through whichever was slowest, and another one each time. The callee's server spans begin later and \
        later: they queue there. In metrics: the callee sees bursts; its median is fine, and the page's median is near the \
        callee's 99th percentile.",
    shown_by: ShownBy {
        metrics: Witness::shows("The callee sees bursts, and the page's median is the callee's tail."),
        traces: Witness::shows("A comb of calls, and which of them was the last."),
    },
    confused_with: "n-plus-one-rpc: as many spans, in single file. One slow instance of the callee: then the slowest is always the same \
        one. sequential-fan-out is the opposite mistake. Load from outside: then the bursts do not come from one trace.",
    fix: "Ask once for many (the bulk endpoint). Where many must be asked, bound how many at once, answer without the \
        stragglers, or ask a second one when the first is late (a hedged request, within a budget). Look at percentiles of the \
        parts, not at their means.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "width",
        unit: "",
    },
    places: Places::Operations(&[
        Operation {
            name: "gateway.list-products",
            part: "the availability",
            healthy: source!("services/gateway/src/routes/bulk/healthy.rs"),
            faulty: source!("services/gateway/src/routes/bulk/wide_fan_out.rs"),
        },
        Operation {
            name: "gateway.home",
            part: "the availability",
            healthy: source!("services/gateway/src/routes/bulk/healthy.rs"),
            faulty: source!("services/gateway/src/routes/bulk/wide_fan_out.rs"),
        },
        Operation {
            name: "gateway.list-orders",
            part: "the names of what was bought",
            healthy: source!("services/gateway/src/routes/bulk/healthy.rs"),
            faulty: source!("services/gateway/src/routes/bulk/wide_fan_out.rs"),
        },
    ]),
    parameters: &[Parameter {
        name: "width",
        kind: ParameterKind::Count { min: 1, max: 100 },
        default: "20",
        summary: "into how many calls the question is split, at most one a product",
    }],
    scenario: "wide-fan-out",
};
