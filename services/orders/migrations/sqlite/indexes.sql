-- The order history: a user's orders, newest first.
CREATE INDEX orders_user ON orders (user_id, placed_at_ms, id);

-- A user's key names one order.
CREATE UNIQUE INDEX orders_idempotency_key ON orders (user_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- The sweeper looks for what has expired.
CREATE INDEX reservations_expiry ON reservations (expires_at_ms);
