//! Who the customers are, and who is signed in.

pub mod seed;
