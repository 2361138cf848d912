//! catalog

pub mod seed;
