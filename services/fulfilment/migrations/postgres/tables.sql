-- How far an order has come: `reserved`, `packed`, `notified`. Unique by order, so that a message that arrives twice has its
-- effect once.
CREATE TABLE shipments (
    order_id       BIGINT PRIMARY KEY,
    stage          TEXT NOT NULL,
    reserved_at_ms BIGINT NOT NULL,
    packed_at_ms   BIGINT,
    notified_at_ms BIGINT
);
