//! `deadlock`: two transactions that wait for each other.

use super::{Databases, Effect, Fault, Operation, Places, Scope, ShownBy, Source, Witness};

/// The catalogue's entry.
pub static DEADLOCK: Fault = Fault {
    name: "deadlock",
    family: "database",
    summary: "Two transactions that take the same rows in opposite order, so that the database has to end one of them.",
    mechanism: "The healthy twin locks the rows of a basket in the order of their numbers, all at once. The faulty twin takes the products one by one, as \
        they lie in the basket, and pays after the first: who has a lamp and then a bowl has locked the lamp and wants the bowl, who has a bowl and then a \
        lamp has it the other way round. On PostgreSQL the two wait for each other until its deadlock detector, after a second (`deadlock_timeout`), ends one \
        of them. SQLite has one write lock and no deadlock; it has a write conflict in its place: a transaction that has read before it writes, while another \
        one wrote, is refused, for what it has read is out of date. Each of the two orders of rows is fine alone, and no test with one request finds it.",
    signature: "On PostgreSQL two traces at the same moment, each with an `UPDATE stock` that takes a second to the millisecond; one of them ends in an error \
        (`deadlock detected`) and a ROLLBACK, and in that instant the other goes on. On SQLite the first write (`INSERT orders`) waits and then fails, and nothing is \
        waited for after it. Others who want the same rows wait as well. In metrics: a few errors under load, a step in the latency at exactly the detector's time.",
    shown_by: ShownBy {
        metrics: Witness::shows(
            "A few errors under load, and a step in the latency at exactly the detector's time.",
        ),
        traces: Witness::shows(
            "The two requests that met: in the instant in which one fails, the other goes on.",
        ),
    },
    confused_with: "lock-contention: waits of all lengths and no errors. A lock timeout: an error too, after the timeout's time, but only one side waits for the other. A \
        serialization failure under a stricter isolation level is what SQLite's conflict is, too: by design, and to be tried again.",
    fix: "Take locks in one order everywhere (sort the keys), take them with one statement, and hold them for as short as possible: no call in between. On SQLite begin a \
        transaction that will write with `BEGIN IMMEDIATE`. Try again once when the database has picked you.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "time",
        unit: "ms",
    },
    places: Places::Operations(&[Operation {
        name: "orders.reserve-stock",
        part: "how an order is placed",
        healthy: source!("services/orders/src/routes/create_order/healthy.rs"),
        faulty: source!("services/orders/src/routes/create_order/deadlock.rs"),
    }]),
    parameters: &[],
    scenario: "deadlock",
};
