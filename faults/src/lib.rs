//! Faults: what can go wrong and where, the plan that says which request meets which fault, and the ground truth that
//! holds the two against each other.

pub mod baggage;
pub mod catalogue;
pub mod control;
pub mod distractors;
pub mod plan;
pub mod routes;
pub mod truth;
pub mod vocabulary;
