//! What a scenario says must hold: the language's syntax tree. `runner` evaluates it.

/// One expectation.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// As written.
    pub text: String,
}
