//! The catalogue of scenarios, with the vocabulary that the catalogue of faults gives it.

mod adjust;
mod catalogue;
mod pages;
mod schema;
