//! `n-plus-one-sql`: one query for a list, and then one more for each row of it.

use super::{Databases, Effect, Fault, Operation, Places, Scope, ShownBy, Source, Witness};

/// The catalogue's entry.
pub static N_PLUS_ONE_SQL: Fault = Fault {
    name: "n-plus-one-sql",
    family: "database",
    summary: "One query for a list, and then one more for each row of it, where a single one would do.",
    mechanism: "The faulty twin loads a list and then, in a loop over it, asks the database for what belongs to each row. Nobody \
        decides to write that: a function that loads one thing is called in a loop, or an object-relational mapper loads a \
        relation when it is first touched. It is readable, it is right, and with the three rows of a test nobody notices. Each \
        query is fast; the round trips add up, one after the other.",
    signature: "Many short database spans with one name and one parent, in single file: each starts when the one before has ended. \
        Their number follows the number of rows that are returned (the page size), so that it differs from request to \
        request, while the healthy one has the same number of spans for every request. Folded, it reads `SELECT order_items ×20`.",
    shown_by: ShownBy {
        metrics: Witness::hides(
            "Each statement is fast, and the database looks splendid; only the route is slow.",
        ),
        traces: Witness::shows("One request asks the same thing again and again, once for each row."),
    },
    confused_with: "slow-query: the same time, but in one span. Batching with a small batch size: also several equal queries, but \
        their number grows with rows divided by the batch. Parallel fan-out: the spans overlap, and the time is that of the longest, \
        not of the sum. Retries: equal spans too, but the earlier ones end in an error.",
    fix: "Ask once for all rows: a join, or one query with the whole list of keys (`WHERE order_id IN (…)`, `= ANY($1)`), and put the \
        results together in memory. With a mapper, load the relation eagerly; over calls, use a data loader. A test that counts \
        the statements of a request keeps it fixed.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "queries",
        unit: "",
    },
    places: Places::Operations(&[
        Operation {
            name: "orders.list-orders",
            part: "the items",
            healthy: source!("services/orders/src/routes/list_orders/healthy.rs"),
            faulty: source!("services/orders/src/routes/list_orders/n_plus_one_sql.rs"),
        },
        Operation {
            name: "catalog.product",
            part: "the reviews",
            healthy: source!("services/catalog/src/routes/product/healthy.rs"),
            faulty: source!("services/catalog/src/routes/product/n_plus_one_sql.rs"),
        },
    ]),
    parameters: &[],
    scenario: "n-plus-one-sql",
};
