-- The order history: a user's orders, newest first.
CREATE INDEX orders_user ON orders (user_id, placed_at_ms, id);

-- A user's key names one order.
CREATE UNIQUE INDEX orders_idempotency_key ON orders (user_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- The sweeper looks for what has expired.
CREATE INDEX reservations_expiry ON reservations (expires_at_ms);

-- New orders are numbered on from those of the shop's past, which came with their numbers.
SELECT setval(pg_get_serial_sequence('orders', 'id'), COALESCE(MAX(id), 0) + 1, false) FROM orders;

-- Checked for all rows at once, which is much faster than one by one while they are loaded.
ALTER TABLE order_items ADD FOREIGN KEY (order_id) REFERENCES orders (id);
