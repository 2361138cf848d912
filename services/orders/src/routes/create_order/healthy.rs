//! Reserves and commits before it pays.
