//! Time: a timer that is precise to tens of microseconds, and a wall clock that does not step.
//!
//! Tokio's own timer counts whole milliseconds and is 1 ms late on average, which would drown a 5 ms delay on the wire
//! and the pacing of 2,000 requests a second. The kernel's `timerfd` is not, and costs one file descriptor.

mod anchor;
mod timer;

pub use anchor::{Anchor, unix_ns};
pub use timer::Timer;
