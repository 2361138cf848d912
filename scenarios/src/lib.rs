//! Scenario files: what a run is made of, written in YAML, read strictly, refused with an error that shows the line, the
//! cause and the remedy.

pub mod adjust;
pub mod catalogue;
mod document;
pub mod expectation;
mod fields;
mod format;
pub mod model;
mod problem;
pub mod schema;
pub mod units;
pub mod vocabulary;
pub mod words;

pub use document::MAX_BYTES;
pub use format::parse;
pub use problem::{Place, Problem, Problems};
