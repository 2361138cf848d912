//! The reviews of a product, in one query.
