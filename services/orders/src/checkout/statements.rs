//! The SQL of placing an order.

use chassis::database::{Statement, System};

/// A statement that the two databases write differently.
pub(super) struct PerSystem {
    sqlite: Statement,
    postgres: Statement,
}

impl PerSystem {
    pub(super) fn on(&'static self, system: System) -> &'static Statement {
        match system {
            System::Sqlite => &self.sqlite,
            System::Postgres => &self.postgres,
        }
    }
}

pub(crate) static FIND_ORDER: Statement = Statement::new(
    "SELECT orders",
    "SELECT user_id, placed_at_ms, status, total_cents FROM orders WHERE id = $1",
);

pub(super) static FIND_ITEMS: Statement = Statement::new(
    "SELECT order_items",
    "SELECT product_id, quantity, price_cents FROM order_items WHERE order_id = $1 ORDER BY position",
);

pub(super) static FIND_BY_KEY: Statement = Statement::new(
    "SELECT orders",
    "SELECT id FROM orders WHERE user_id = $1 AND idempotency_key = $2",
);

/// No row comes back when the user has placed an order under that key before.
pub(super) static CREATE_ORDER: Statement = Statement::new(
    "INSERT orders",
    "INSERT INTO orders (user_id, placed_at_ms, status, total_cents, idempotency_key)
     VALUES ($1, $2, 'pending', $3, $4)
     ON CONFLICT (user_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
     RETURNING id",
);

/// All items at once, from a JSON list of objects.
pub(super) static CREATE_ITEMS: PerSystem = PerSystem {
    sqlite: Statement::new(
        "INSERT order_items",
        "INSERT INTO order_items (order_id, position, product_id, quantity, price_cents)
         SELECT $1, key + 1, value ->> 'product_id', value ->> 'quantity', value ->> 'price_cents'
         FROM json_each($2)",
    ),
    postgres: Statement::new(
        "INSERT order_items",
        "INSERT INTO order_items (order_id, position, product_id, quantity, price_cents)
         SELECT $1, position, (item ->> 'product_id')::bigint, (item ->> 'quantity')::bigint,
                (item ->> 'price_cents')::bigint
         FROM json_array_elements($2::json) WITH ORDINALITY AS items (item, position)",
    ),
};

pub(super) static CREATE_RESERVATION: Statement = Statement::new(
    "INSERT reservations",
    "INSERT INTO reservations (order_id, expires_at_ms, trace_context, baggage) VALUES ($1, $2, $3, $4)",
);

/// Locks the rows in the order of their numbers, as everybody does. SQLite needs no such lock: its one write lock was taken
/// when the transaction began.
pub(super) static LOCK_STOCK: PerSystem = PerSystem {
    sqlite: Statement::new(
        "SELECT stock",
        "SELECT product_id, available FROM stock WHERE product_id IN ({list}) ORDER BY product_id",
    ),
    postgres: Statement::new(
        "SELECT stock",
        "SELECT product_id, available FROM stock WHERE product_id IN ({list}) ORDER BY product_id FOR UPDATE",
    ),
};

/// Only looks.
pub(super) static LOOK_AT_STOCK: Statement = Statement::new(
    "SELECT stock",
    "SELECT product_id, available FROM stock WHERE product_id IN ({list})",
);

pub(super) static TAKE_STOCK: Statement = Statement::new(
    "UPDATE stock",
    "UPDATE stock SET available = available -
         (SELECT quantity FROM order_items WHERE order_id = $1 AND order_items.product_id = stock.product_id)
     WHERE product_id IN (SELECT product_id FROM order_items WHERE order_id = $1)",
);

/// Changes nothing when there is not enough.
pub(super) static TAKE_ONE: Statement = Statement::new(
    "UPDATE stock",
    "UPDATE stock SET available = available -
         (SELECT quantity FROM order_items WHERE order_id = $1 AND order_items.product_id = stock.product_id)
     WHERE product_id = $2 AND available >=
         (SELECT quantity FROM order_items WHERE order_id = $1 AND order_items.product_id = stock.product_id)",
);

pub(super) static RETURN_STOCK: Statement = Statement::new(
    "UPDATE stock",
    "UPDATE stock SET available = available +
         (SELECT quantity FROM order_items WHERE order_id = $1 AND order_items.product_id = stock.product_id)
     WHERE product_id IN (SELECT product_id FROM order_items WHERE order_id = $1)",
);

/// Changes nothing when somebody else has settled the order before.
pub(super) static CONFIRM_ORDER: Statement = Statement::new(
    "UPDATE orders",
    "UPDATE orders SET status = 'confirmed' WHERE id = $1 AND status = 'pending'",
);

pub(super) static REFUSE_ORDER: Statement = Statement::new(
    "UPDATE orders",
    "UPDATE orders SET status = 'refused' WHERE id = $1 AND status = 'pending'",
);

pub(super) static ENQUEUE: Statement = Statement::new(
    "INSERT outbox",
    "INSERT INTO outbox (order_id, enqueued_at_us, trace_context, baggage)
     SELECT order_id, $2, trace_context, baggage FROM reservations WHERE order_id = $1",
);

pub(super) static END_RESERVATION: Statement = Statement::new(
    "DELETE reservations",
    "DELETE FROM reservations WHERE order_id = $1",
);
