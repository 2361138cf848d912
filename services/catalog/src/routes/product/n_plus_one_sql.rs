//! The reviews of a product: which there are, then each of them.
