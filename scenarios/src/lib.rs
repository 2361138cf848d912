//! Scenario files: what a run is made of, written in YAML, read strictly, refused with an error that shows the line, the
//! cause and the remedy.

pub mod expectation;
pub mod model;
pub mod units;
pub mod vocabulary;
pub mod words;
