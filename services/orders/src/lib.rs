//! orders

pub mod seed;
