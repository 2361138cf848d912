-- An order and where it stands: `pending` while it is being paid, then `confirmed` or, when the payment was refused or never
-- made, `refused`; `shipped` once fulfilment is done with it; `cancelled` in the shop's past.
CREATE TABLE orders (
    id              INTEGER PRIMARY KEY,
    user_id         INTEGER NOT NULL,
    placed_at_ms    INTEGER NOT NULL,
    status          TEXT NOT NULL,
    total_cents     INTEGER NOT NULL,
    -- What the client calls this order, so that sending it twice places it once; also the payment's key.
    idempotency_key TEXT
);

CREATE TABLE order_items (
    order_id    INTEGER NOT NULL REFERENCES orders (id),
    position    INTEGER NOT NULL,
    product_id  INTEGER NOT NULL,
    quantity    INTEGER NOT NULL,
    price_cents INTEGER NOT NULL,
    PRIMARY KEY (order_id, position)
) WITHOUT ROWID;

-- What can be sold. Reserving takes it out, releasing puts it back; the check is the last line of defence.
CREATE TABLE stock (
    product_id INTEGER PRIMARY KEY,
    available  INTEGER NOT NULL CHECK (available >= 0)
);

-- Stock held for a pending order until it is paid; the quantities are those of its items. What is still here when it expires
-- was left by a process that died or gave up, and the sweeper settles it. The trace context and the baggage are those
-- of the checkout, for the outbox.
CREATE TABLE reservations (
    order_id      INTEGER PRIMARY KEY REFERENCES orders (id),
    expires_at_ms INTEGER NOT NULL,
    trace_context TEXT,
    baggage       TEXT
);

-- Confirmed orders on their way to fulfilment. A row is handed out under a lease, and again when the lease runs out before
-- it is reported done: at least once. Then it is deleted.
CREATE TABLE outbox (
    order_id        INTEGER PRIMARY KEY REFERENCES orders (id),
    enqueued_at_us  INTEGER NOT NULL,
    leased_until_ms INTEGER NOT NULL DEFAULT 0,
    trace_context   TEXT,
    baggage         TEXT
);
