//! What a scenario file may say, and how it is refused.

mod errors;
mod expectations;
mod hostile;
mod reading;
mod vocabulary;
