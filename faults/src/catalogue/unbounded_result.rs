//! `unbounded-result`: everything is read, and most of it thrown away.

use super::{Databases, Effect, Fault, Operation, Places, Scope, ShownBy, Source, Witness};

/// The catalogue's entry.
pub static UNBOUNDED_RESULT: Fault = Fault {
    name: "unbounded-result",
    family: "database",
    summary: "A query without a limit: everything is read and carried over, and all but a page of it is thrown away.",
    mechanism: "The faulty twin asks for all rows and cuts the page out of them in memory (or, for the reviews of a product, reads everybody's and \
        keeps those that fit). The database reads them, writes them into its answer, the service decodes each into an object, \
        and then most are dropped. People write it because `findAll` is there, because `slice` is easier than `LIMIT`, and because \
        filtering in the language one knows beats learning the query's. How slow it is follows from the scenario's scale and grows \
        with the shop's success.",
    signature: "One database span that is long and says why: `db.response.returned_rows` is in the thousands where the answer has twenty. After it there is \
        a gap without any span, in which the rows are decoded and dropped. Memory and garbage collection go up with it. In metrics: rows and bytes \
        from the database, resident memory, and processor time of the service rise while the number of requests does not.",
    shown_by: ShownBy {
        metrics: Witness::shows(
            "Memory and processor time of the service rise while the number of requests does not.",
        ),
        traces: Witness::shows(
            "`db.response.returned_rows` is in the thousands, and after the query is a gap in which the rows are decoded.",
        ),
    },
    confused_with: "slow-query: the span is long too, but few rows come back; there the database looks at many rows, here it returns them. A large page that \
        somebody asked for: then the answer is large as well. n-plus-one-sql: many spans of one row instead of one span of many.",
    fix: "Let the database do it: `LIMIT` and `OFFSET`, better a keyset (`WHERE id > $last ORDER BY id LIMIT 20`), and a `WHERE` for what is wanted. \
        Put an upper limit on the size of a page, and an alarm on returned rows.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "rows",
        unit: "",
    },
    places: Places::Operations(&[
        Operation {
            name: "catalog.list-products",
            part: "the page of products",
            healthy: source!("services/catalog/src/routes/list_products/healthy.rs"),
            faulty: source!("services/catalog/src/routes/list_products/unbounded_result.rs"),
        },
        Operation {
            name: "orders.list-orders",
            part: "the page of orders",
            healthy: source!("services/orders/src/routes/list_orders/healthy.rs"),
            faulty: source!("services/orders/src/routes/list_orders/unbounded_result.rs"),
        },
        Operation {
            name: "catalog.product",
            part: "the reviews",
            healthy: source!("services/catalog/src/routes/product/healthy.rs"),
            faulty: source!("services/catalog/src/routes/product/unbounded_result.rs"),
        },
    ]),
    parameters: &[],
    scenario: "unbounded-result",
};
