//! fulfilment

pub mod seed;
