//! The items of a user's page of orders: one query per order.
