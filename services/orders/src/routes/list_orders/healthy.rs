//! A page of a user's orders: one query for the orders, one for the items of all of them.
