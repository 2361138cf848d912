//! `retry-storm`: failures that are answered with more requests.

use super::{
    Databases, Effect, Fault, Operation, Parameter, ParameterKind, Places, Scope, ShownBy, Source, Witness,
};

/// The catalogue's entry.
pub static RETRY_STORM: Fault = Fault {
    name: "retry-storm",
    family: "calls",
    summary: "Immediate retries in more than one layer, without budget or pause, over a dependency that fails part of the time.",
    mechanism: "Part of the calls to a dependency fail (`failures`), because a broken version answers them. The faulty twin makes a \
        call that failed again, at once, up to `attempts` times, and at gateway.product it does so in two layers: the catalog \
        retries the users service, and the gateway retries the catalog, which begins again. Attempts multiply: 8 times 8 is 64 \
        calls for one page. Each team added its retries alone, for a blip of a second; when the dependency is really ill, they \
        give it many times its load just when it can bear least. It rides with requests only: it takes a caller that tries again and \
        a dependency that fails, two services, of which a fault that is set for a time would reach one.",
    signature: "Equal client spans one after another, all but the last with an error, each beginning the moment the one before has \
        failed; from the second on they have `http.request.resend_count`. With two layers the pattern repeats itself inside \
        itself. The request as a whole often succeeds, late. In metrics the dependency's request rate and error rate rise \
        together while the traffic at the front door is the same: the ratio of the two is the storm.",
    shown_by: ShownBy {
        metrics: Witness::shows(
            "The dependency's requests and errors grow together, while those at the front door do not.",
        ),
        traces: Witness::shows(
            "Each attempt is a span, numbered, and begins when the one before has failed.",
        ),
    },
    confused_with: "n-plus-one-rpc: equal spans in a row too, but all of them succeed, and they ask for different things. A client that \
        retries (a person, a browser): then there are several traces. failing-dependency: one error and an end. Load from \
        outside: then the front door is busier as well.",
    fix: "Retry in one layer only, the one nearest to the user that can; a few times, with a pause that grows and jitter, and \
        from a budget (a share of all requests) that is empty when everything fails. Let errors say whether a retry makes \
        sense. Break the circuit. And count attempts, not only requests.",
    scope: Scope::Request,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "attempts",
        unit: "",
    },
    places: Places::Operations(&[
        Operation {
            name: "gateway.product",
            part: "how the catalog is asked",
            healthy: source!("services/gateway/src/routes/product/details/healthy.rs"),
            faulty: source!("services/gateway/src/routes/product/details/retry_storm.rs"),
        },
        Operation {
            name: "catalog.product",
            part: "the authors",
            healthy: source!("services/catalog/src/routes/product/authors/healthy.rs"),
            faulty: source!("services/catalog/src/routes/product/authors/retry_storm.rs"),
        },
        Operation {
            name: "orders.pay",
            part: "how a payment is asked for",
            healthy: source!("services/orders/src/checkout/pay/healthy.rs"),
            faulty: source!("services/orders/src/checkout/pay/retry_storm.rs"),
        },
    ]),
    parameters: &[
        Parameter {
            name: "attempts",
            kind: ParameterKind::Count { min: 2, max: 10 },
            default: "8",
            summary: "how often each layer makes the call, at most",
        },
        Parameter {
            name: "failures",
            kind: ParameterKind::Share { min: 0.0, max: 1.0 },
            default: "0.6",
            summary: "which share of the calls to the dependency fails",
        },
    ],
    scenario: "retry-storm",
};
