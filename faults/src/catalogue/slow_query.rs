//! `slow-query`: a predicate that the index cannot serve.

use super::{Databases, Effect, Fault, Operation, Places, Scope, ShownBy, Source, Witness};

/// The catalogue's entry.
pub static SLOW_QUERY: Fault = Fault {
    name: "slow-query",
    family: "database",
    summary: "A query whose predicate no index can serve, so that the database reads every row.",
    mechanism: "The faulty twin asks the same question in a way that hides the indexed column from the index: the column \
        is wrapped in a function, concatenated, or compared by a pattern that begins with a wildcard. The database has no \
        choice but to read the whole table and look at every row. People write it because it is the shortest way to say \
        what they mean, because it returns the right rows, and because on a developer's hundred rows it takes no time at \
        all. How slow it is follows from the scenario's scale, not from a parameter: ten times the rows, ten times the time.",
    signature: "One database span that is long by itself. There is one, not many; it starts as soon as its parent asks for it, \
        nothing waits before it, and no other request has to be running for it to be slow. Its time hardly varies from \
        request to request, grows with the table, and takes the place of the parent's whole duration on the critical path.",
    shown_by: ShownBy {
        metrics: Witness::shows(
            "The route's latency is up at every load while the service's processor is idle; not which statement it is.",
        ),
        traces: Witness::shows(
            "The long statement stands in each trace, by name, and takes the whole of the parent's time.",
        ),
    },
    confused_with: "lock-contention: also one long database span, but there the statement is slow only while another transaction \
        holds the lock, and the time is in BEGIN or in waiting, not in reading; send one request alone, and a slow query is \
        still slow. n-plus-one-sql: the sum is as long, but of many short spans. A saturated connection pool: the wait is before \
        the query, in a `pool acquire` span.",
    fix: "Write the predicate so that an index can serve it: leave the column bare, compare it with a range or with equality, use the \
        full-text index for text; then read the plan (`EXPLAIN QUERY PLAN`, `EXPLAIN ANALYZE`) and see that it says SEARCH or \
        Index Scan, not SCAN or Seq Scan.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "query-time",
        unit: "ms",
    },
    places: Places::Operations(&[
        Operation {
            name: "catalog.search",
            part: "what is found",
            healthy: source!("services/catalog/src/routes/search/healthy.rs"),
            faulty: source!("services/catalog/src/routes/search/slow_query.rs"),
        },
        Operation {
            name: "orders.list-orders",
            part: "the page of orders",
            healthy: source!("services/orders/src/routes/list_orders/healthy.rs"),
            faulty: source!("services/orders/src/routes/list_orders/slow_query.rs"),
        },
    ]),
    parameters: &[],
    scenario: "slow-query",
};
