//! Keeps the transaction that reserves open while it pays.
