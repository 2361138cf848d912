//! `pool-exhaustion`: a connection that is kept while nobody asks the database for anything.

use super::{Databases, Effect, Fault, Operation, Places, Scope, ShownBy, Source, Witness};

/// The catalogue's entry.
pub static POOL_EXHAUSTION: Fault = Fault {
    name: "pool-exhaustion",
    family: "database",
    summary: "A database connection that is kept across a slow call, until there are none left and everybody waits for one.",
    mechanism: "The faulty twin takes the connection that it will need after the payment before it asks for the payment. It holds no lock and blocks no \
        row; it only has one of the few connections in the pool, for as long as a stranger's computer takes to answer. People write it by \
        opening a session or a transaction at the top of a function, or by letting the framework keep one for the whole request. With one \
        request at a time nothing is wrong; with as many as there are connections everything waits, also what is quick and only reads.",
    signature: "`pool acquire` spans, on requests of every kind, before their first statement; the statements themselves are as fast as ever. The culprits have \
        a call between BEGIN and the next statement on the same connection. The pool's metric shows all connections in use and the database \
        shows them idle (in PostgreSQL `idle in transaction`): each of the two alone looks healthy.",
    shown_by: ShownBy {
        metrics: Witness::shows(
            "`db.client.connection.count` has every connection in use, while the database calls them idle.",
        ),
        traces: Witness::shows(
            "`pool acquire` spans show who waits for a connection, and who keeps one through a call.",
        ),
    },
    confused_with: "lock-contention: the wait is in BEGIN or in the statement, and hits only those who want the same rows (or, in SQLite, to write). \
        slow-query: connections are short because each is busy; here they are idle. A pool that is too small: the same spans, but every \
        connection is working.",
    fix: "Take a connection as late and give it back as early as possible: reserve and commit, pay without one, then take one again. Bound the wait for a \
        connection, watch the time for which connections are held, and do not answer with a larger pool: it only takes longer to fill.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "acquire-wait",
        unit: "ms",
    },
    places: Places::Operations(&[
        Operation {
            name: "orders.place-order",
            part: "how an order is placed",
            healthy: source!("services/orders/src/routes/create_order/healthy.rs"),
            faulty: source!("services/orders/src/routes/create_order/pool_exhaustion.rs"),
        },
        Operation {
            name: "catalog.product",
            part: "for how long a connection is kept",
            healthy: source!("services/catalog/src/routes/product/whole/healthy.rs"),
            faulty: source!("services/catalog/src/routes/product/whole/pool_exhaustion.rs"),
        },
        Operation {
            name: "users.create-session",
            part: "for how long a connection is kept",
            healthy: source!("services/users/src/routes/create_session/healthy.rs"),
            faulty: source!("services/users/src/routes/create_session/pool_exhaustion.rs"),
        },
    ]),
    parameters: &[],
    scenario: "pool-exhaustion",
};
