//! `missing-timeout`: work that goes on for nobody.

use super::{
    Databases, Effect, Fault, Operation, Parameter, ParameterKind, Places, Scope, ShownBy, Source, Witness,
};

/// The catalogue's entry.
pub static MISSING_TIMEOUT: Fault = Fault {
    name: "missing-timeout",
    family: "calls",
    summary: "A caller that gives up without having said when it would, so that the server works on for nobody.",
    mechanism: "The gateway waits for a report for its `patience` and then answers 504. The healthy twin sends the time that is left \
        along with every call (`x-request-timeout-ms`; gRPC has `grpc-timeout`), and whoever works on it stops when that has \
        passed: the statement is cancelled, the loop ends. The faulty twin wraps the call in a timeout of its own and tells \
        nobody, so that the orders service reads and counts to the end and throws the result away. People write it because \
        every example of a timeout looks like this, and because the caller's side does look right. In a checkout the same \
        mistake has the payment made for an order that was answered 504. It rides with requests only: what is done for nobody \
        is measured by whoever does it, in another service than the one that left, and a request's baggage is all that the two \
        have in common.",
    signature: "A child that outlives its parent: the caller's client span ends early, the gateway answers 504, and below it spans of \
        the callee go on beyond the end of the root, successfully. The trace is longer than its root. In metrics the callee is \
        busy while nobody is answered: its throughput of work is high, that of answers low, and after a burst of impatience it \
        stays slow.",
    shown_by: ShownBy {
        metrics: Witness::shows("The callee works at full rate, while its callers answer 504."),
        traces: Witness::shows("The callee's spans go on beyond the end of the root."),
    },
    confused_with: "A slow callee alone: then the caller waits for it. Work that is meant to go on (a queue, the outbox): it begins in a \
        span of its own that is linked, not in a child. Clock skew: a child outside its parent too, but on every call, by the \
        same amount, also on those that succeed.",
    fix: "Give every request a deadline where it comes in, pass it on with every call and to every statement, and check it in \
        loops. Cancel work when the connection closes. Let the server have a limit of its own for callers that say nothing.",
    scope: Scope::Request,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "orphaned",
        unit: "ms",
    },
    places: Places::Operations(&[
        Operation {
            name: "gateway.sales-report",
            part: "how long the report may take",
            healthy: source!("services/gateway/src/routes/sales_report/healthy.rs"),
            faulty: source!("services/gateway/src/routes/sales_report/missing_timeout.rs"),
        },
        Operation {
            name: "orders.pay",
            part: "how a payment is asked for",
            healthy: source!("services/orders/src/checkout/pay/healthy.rs"),
            faulty: source!("services/orders/src/checkout/pay/missing_timeout.rs"),
        },
    ]),
    parameters: &[Parameter {
        name: "patience",
        kind: ParameterKind::Duration {
            min_ms: 1,
            max_ms: 2_000,
        },
        default: "20ms",
        summary: "after which time the caller is gone",
    }],
    scenario: "missing-timeout",
};
