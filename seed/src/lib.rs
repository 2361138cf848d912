//! What follows from a seed alone: random draws that are the same on every machine, and the data a shop starts with.
//!
//! Everything here is a pure function. The plan of a run, the rows in the databases and the payment provider's times all
//! come from these draws, so that one number names a whole run.

pub mod draws;
pub mod shop;
