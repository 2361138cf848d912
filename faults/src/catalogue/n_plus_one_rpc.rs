//! `n-plus-one-rpc`: one call for each row where one for all would do.

use super::{Databases, Effect, Fault, Operation, Places, Scope, ShownBy, Source, Witness};

/// The catalogue's entry.
pub static N_PLUS_ONE_RPC: Fault = Fault {
    name: "n-plus-one-rpc",
    family: "calls",
    summary: "One call to another service for each row of a list, where its bulk endpoint answers for all rows at once.",
    mechanism: "The faulty twin goes through a list and calls another service for each element, waiting for each answer before it asks \
        again. The other service has an endpoint that takes all ids at once, and the healthy twin uses it. People write the loop \
        because the client of the other team has a function for one, because the list was short when the page was new, and \
        because the bulk endpoint came later. It is n-plus-one-sql over the network: each turn costs a round trip, a handler and \
        usually a query on the other side, so that it hurts far earlier.",
    signature: "Many short client spans of one name under one parent, in single file, each with a server span of the callee in it and \
        often a database span in that: a staircase. Their number follows the rows (20 on a page of 20 products). In metrics the callee's \
        request rate is a multiple of the caller's, while its own latency looks splendid; only a trace shows who asks so often.",
    shown_by: ShownBy {
        metrics: Witness::shows(
            "The callee has a multiple of the caller's requests, and a fine latency; not who asks so often.",
        ),
        traces: Witness::shows("One request calls the same service in single file, once for each row."),
    },
    confused_with: "n-plus-one-sql: the staircase is made of database spans, and no other service is in it. Retries: equal spans too, but the \
        earlier ones end in an error and have `http.request.resend_count`. wide-fan-out: as many calls, but they overlap, and the \
        slowest decides. A slow network: then each single span is long, and there are few.",
    fix: "Ask once for all: use the bulk endpoint, or have one made (`GET /users?ids=3,1,4`). A data loader that collects the ids of one \
        request does it behind the scenes. If there is only an endpoint for one, ask in parallel with a bound, and cache. A test that \
        counts the calls of a request keeps it fixed.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "calls",
        unit: "",
    },
    places: Places::Operations(&[
        Operation {
            name: "gateway.list-products",
            part: "the availability",
            healthy: source!("services/gateway/src/routes/bulk/healthy.rs"),
            faulty: source!("services/gateway/src/routes/bulk/n_plus_one_rpc.rs"),
        },
        Operation {
            name: "gateway.home",
            part: "the availability",
            healthy: source!("services/gateway/src/routes/bulk/healthy.rs"),
            faulty: source!("services/gateway/src/routes/bulk/n_plus_one_rpc.rs"),
        },
        Operation {
            name: "gateway.list-orders",
            part: "the names of what was bought",
            healthy: source!("services/gateway/src/routes/bulk/healthy.rs"),
            faulty: source!("services/gateway/src/routes/bulk/n_plus_one_rpc.rs"),
        },
        Operation {
            name: "catalog.product",
            part: "the authors",
            healthy: source!("services/catalog/src/routes/product/authors/healthy.rs"),
            faulty: source!("services/catalog/src/routes/product/authors/n_plus_one_rpc.rs"),
        },
    ]),
    parameters: &[],
    scenario: "n-plus-one-rpc",
};
