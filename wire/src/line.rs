//! What makes bytes late on their way through a pipe. Each fault that does is a line of its own.

use std::time::Instant;

/// The bytes of a TCP segment on an Ethernet without options: what a line carries as one piece.
pub(crate) const SEGMENT: usize = 1_460;

/// How one direction of a connection carries bytes while a fault strikes it.
pub(crate) trait Line: Send {
    /// How many of the next `count` bytes (1 to `count`) go on together, and when, given that they came at `arrived`. Nothing
    /// overtakes what came before it, whatever a line says.
    fn pass(&mut self, arrived: Instant, count: usize) -> (usize, Instant);

    /// Whether how long is held differs from piece to piece, so that each is measured and the longest counts; otherwise the
    /// first stands for all.
    fn differs(&self) -> bool {
        true
    }
}
