//! `lock-contention`: a lock that is held across a call to somebody else.

use super::{Databases, Effect, Fault, Operation, Places, Scope, ShownBy, Source, Witness};

/// The catalogue's entry.
pub static LOCK_CONTENTION: Fault = Fault {
    name: "lock-contention",
    family: "database",
    summary: "A transaction that keeps its lock while it waits for a payment, so that everyone else waits too.",
    mechanism: "The faulty twin opens a transaction, locks the stock it takes, calls the payment provider and only then commits. \
        The lock is the database's own: the row's in PostgreSQL, the file's write lock in SQLite. People write it because it \
        feels safe: all or nothing, and when the payment fails a rollback puts everything back. But a lock that should be held for \
        a millisecond is now held for as long as a stranger's computer takes to answer.",
    signature: "Two kinds of trace. The culprit has a remote call inside a database transaction: its spans are BEGIN, UPDATE, the call, \
        COMMIT, in that order, and none of them is strange by itself. Its victims, who may be perfectly healthy, have a long wait at \
        the start of their own transaction (BEGIN in SQLite, `SELECT stock` in PostgreSQL), and that wait ends just when a \
        culprit's COMMIT does. One request alone is not slow; the more there are, the longer the queue.",
    shown_by: ShownBy {
        metrics: Witness::hides(
            "A route gets slower with the load while processor and database are idle; not who waits for whom.",
        ),
        traces: Witness::shows(
            "Put beside one another, the victim's wait ends just when the culprit's COMMIT does.",
        ),
    },
    confused_with: "slow-query: the victim's long database span looks like one, but its statement reads little and is fast when nobody \
        else is there; look for another trace whose transaction overlaps it. Pool exhaustion: the wait is in `pool acquire` alone, \
        before any statement. A lock that many wait for brings it about as well, since whoever waits for it holds a connection: then both \
        waits are there, and it is the lock that has to go. A slow payment provider: then the culprit's call is long, but nobody waits for the database. Blaming the \
        victims is the classic mistake: they are who you see in the slowest traces.",
    fix: "Keep foreign calls out of transactions: reserve the stock and commit, then pay, then confirm, or release the reservation when \
        the payment fails. Lock rows in one order, hold them for as short as possible, set a lock timeout, and let expired \
        reservations lapse.",
    scope: Scope::Both,
    databases: Databases::Both,
    lasting: false,
    effect: Effect {
        name: "held",
        unit: "ms",
    },
    places: Places::Operations(&[Operation {
        name: "orders.reserve-stock",
        part: "how an order is placed",
        healthy: source!("services/orders/src/routes/create_order/healthy.rs"),
        faulty: source!("services/orders/src/routes/create_order/lock_contention.rs"),
    }]),
    parameters: &[],
    scenario: "lock-contention",
};
