//! The rows a shop starts with, as pure functions of the seed and the row number.
