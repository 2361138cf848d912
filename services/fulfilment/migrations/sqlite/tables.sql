-- How far an order has come: `reserved`, `packed`, `notified`. Unique by order, so that a message that arrives twice has its
-- effect once.
CREATE TABLE shipments (
    order_id       INTEGER PRIMARY KEY,
    stage          TEXT NOT NULL,
    reserved_at_ms INTEGER NOT NULL,
    packed_at_ms   INTEGER,
    notified_at_ms INTEGER
);
