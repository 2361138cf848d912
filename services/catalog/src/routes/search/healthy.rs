//! The products that have every word searched for, by the index on terms.
